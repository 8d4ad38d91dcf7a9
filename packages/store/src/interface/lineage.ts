import { type LineageEdge, token } from '@trestle/kernel';

/** Reads the lineage graph. Edges are added through `Metadata.change`. */
export interface Lineage {
  /** The edges into a reference, the oldest first. */
  into(ref: string): Promise<readonly LineageEdge[]>;
  /** The edges out of a reference, the oldest first. */
  outOf(ref: string): Promise<readonly LineageEdge[]>;
}

export const lineageToken = token<Lineage>('store.lineage');
