import { spawnSync } from 'node:child_process';
import process from 'node:process';
import type { Suite } from '../runner/comparison.ts';
import { treesComparisons } from './trees.ts';

export const suite: Suite = {
  summary: 'boosted trees beside scikit-learn and XGBoost on flights',
  rounds: 3,
  facts() {
    const versionOf = (module: string): string | undefined => {
      const program = `import ${module}; print(${module}.__version__)`;
      const asked = spawnSync('/usr/bin/python3', ['-c', program], { encoding: 'utf8' });
      return asked.status === 0 ? asked.stdout.trim() : undefined;
    };
    const [scikit, xgboost] = [versionOf('sklearn'), versionOf('xgboost')];
    return {
      clock: process.env.BENCH_CLOCK === 'cpu' ? 'CPU time' : 'time',
      ...(scikit ? { 'scikit-learn': scikit } : {}),
      ...(xgboost ? { XGBoost: xgboost } : {}),
    };
  },
  comparisons: ({ isQuick }) => treesComparisons(isQuick),
};
