/** An edge of the lineage graph: `from` went into the making of `to`. */
export interface LineageEdge {
  readonly from: string;
  readonly to: string;
  /** What was done: `added`, `trained`, `registered`, `deployed`, `predicted`. */
  readonly kind: string;
  /** When a store has kept it, since when: ISO 8601, UTC. */
  readonly time?: string;
}
