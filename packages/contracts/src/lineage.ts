import { extensionPoint, type LineageEdge, type Scope } from '@trestle/kernel/spec';

/** Edges that are not in the store's lineage table because there are too many of them (predictions). */
export interface LineageSource {
  /** The kind of reference it knows, `prediction`. */
  readonly refKind: string;
  /** The edges into a reference; undefined when it does not exist. */
  readonly load: () => Promise<(scope: Scope, ref: string) => Promise<readonly LineageEdge[] | undefined>>;
}

export const lineageSources = extensionPoint<LineageSource>('lineage.sources');
