import { extensionPoint, type Scope } from '@trestle/kernel/spec';

/** `from` went into the making of `to`. */
export interface LineageEdge {
  readonly from: string;
  readonly to: string;
  /** What was done: `added`, `trained`, `registered`, `deployed`, `predicted`. */
  readonly kind: string;
}

/** Edges that are not in the store's lineage table because there are too many of them (predictions). */
export interface LineageSource {
  /** The kind of reference it knows, `prediction`. */
  readonly refKind: string;
  /** The edges into a reference; undefined when it does not exist. */
  readonly load: () => Promise<(scope: Scope, ref: string) => Promise<readonly LineageEdge[] | undefined>>;
}

export const lineageSources = extensionPoint<LineageSource>('lineage.sources');
