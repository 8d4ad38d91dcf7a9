import { token } from '@trestle/kernel';

export interface StoredEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  /** ISO 8601, UTC. */
  readonly time: string;
}

/** Reads the lineage graph. Edges are added through `Metadata.change`. */
export interface Lineage {
  /** The edges into a reference. */
  into(ref: string): Promise<readonly StoredEdge[]>;
  /** The edges out of a reference. */
  outOf(ref: string): Promise<readonly StoredEdge[]>;
}

export const lineageToken = token<Lineage>('store.lineage');
