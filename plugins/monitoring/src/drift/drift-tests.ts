import type { DriftTest } from '@trestle/contracts';
import { chiSquaredTest, kolmogorovSmirnovTest, tailsTest } from '@trestle/statistics';

/** The tests that are always made. */
export const builtInDriftTests: readonly DriftTest[] = [
  {
    name: 'kolmogorov-smirnov',
    kinds: ['numeric'],
    bins: 'all',
    compare: ({ reference, current }) => kolmogorovSmirnovTest(reference, current),
  },
  {
    name: 'tails',
    kinds: ['numeric'],
    bins: 'tails',
    compare: ({ reference, current }) => tailsTest(reference, current),
  },
  {
    name: 'chi-squared',
    kinds: ['categorical'],
    bins: 'all',
    compare: ({ reference, current }) => chiSquaredTest(reference, current),
  },
];
