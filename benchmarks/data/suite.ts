import type { Suite } from '../runner/comparison.ts';
import { addComparisons } from './add.ts';
import { expectationComparisons } from './expectations.ts';
import { largeComparisons } from './large.ts';
import { loadComparisons } from './load.ts';
import { pipelineComparisons } from './pipeline.ts';
import { profileComparisons } from './profile.ts';

export const suite: Suite = {
  summary: 'datasets beside DuckDB on the same files',
  comparisons: ({ isQuick, rows }) =>
    rows === undefined
      ? [
          ...addComparisons(isQuick),
          ...profileComparisons(isQuick),
          ...expectationComparisons(isQuick),
          ...loadComparisons(isQuick),
          ...pipelineComparisons(isQuick),
        ]
      : largeComparisons(rows),
};
