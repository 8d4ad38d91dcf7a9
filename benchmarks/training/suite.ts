import { spawnSync } from 'node:child_process';
import process from 'node:process';
import type { Suite } from '../runner/comparison.ts';
import { treesComparisons } from './trees.ts';

export const suite: Suite = {
  summary: 'boosted trees beside scikit-learn on flights',
  rounds: 3,
  facts() {
    const asked = spawnSync('/usr/bin/python3', ['-c', 'import sklearn; print(sklearn.__version__)'], {
      encoding: 'utf8',
    });
    return {
      clock: process.env.BENCH_CLOCK === 'cpu' ? 'CPU time' : 'time',
      ...(asked.status === 0 ? { 'scikit-learn': asked.stdout.trim() } : {}),
    };
  },
  comparisons: ({ isQuick }) => treesComparisons(isQuick),
};
