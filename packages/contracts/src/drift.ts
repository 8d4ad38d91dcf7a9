import { extensionPoint } from '@trestle/kernel/spec';

/** Counts of two samples over the same bins, none of which either sample chose by its luck. */
export interface BinnedPair {
  readonly reference: readonly number[];
  readonly current: readonly number[];
}

/** A test of whether two samples come from one distribution. */
export interface DriftTest {
  /** `kolmogorov-smirnov` */
  readonly name: string;
  /** Bins of numbers ascend; those of categories have no order. */
  readonly kinds: readonly ('numeric' | 'categorical')[];
  /**
   * The finest bins that there are; or of numbers the rare values at both ends and all others between: edges are values of the
   * reference then, the first and the last bin lie beyond all of them.
   */
  readonly bins: 'all' | 'tails';
  /** @returns a p-value that under one distribution is at most p with a probability of at most about p, whatever the sample sizes */
  readonly compare: (pair: BinnedPair) => { readonly statistic: number; readonly pValue: number };
}

/** Where a plugin adds a drift test: each is corrected for among all the others, and shown beside them. */
export const driftTests = extensionPoint<DriftTest>('monitoring.driftTests');
