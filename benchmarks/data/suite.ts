import type { Suite } from '../runner/comparison.ts';
import { loadComparisons } from './load.ts';
import { pipelineComparisons } from './pipeline.ts';

export const suite: Suite = {
  summary: 'datasets beside DuckDB on the same files',
  comparisons: ({ isQuick }) => [...loadComparisons(isQuick), ...pipelineComparisons(isQuick)],
};
