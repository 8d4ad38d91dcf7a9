import { describe, expect, it } from 'vitest';
import { fitForest } from './fit-forest.ts';

const fitted = (rows: number, trees: number) =>
  fitForest(
    { rows, width: 1, matrix: Float32Array.from({ length: rows }, (_, row) => row) },
    { splits: 'best', trees, minRows: 1 },
    {
      ...{ task: 'regression', outputs: 1, seed: 1, signal: new AbortController().signal, onRound: () => {} },
      targets: Float64Array.from({ length: rows }, (_, row) => Math.sin(row)),
    },
  );

describe('a forest of an estimator', () => {
  it('has leaves of more rows where there would be too many of them, and says so', async () => {
    expect((await fitted(500, 4)).notes).toEqual([]);
    const { notes } = await fitted(20_000, 101);
    expect(notes).toEqual([expect.stringContaining('Leaves have 3 rows at least, not 1')]);
  });
});
