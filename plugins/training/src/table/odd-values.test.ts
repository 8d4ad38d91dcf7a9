import { trainingSpecSchema } from '@trestle/contracts';
import type { Table } from '@trestle/features';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measure } from '../evaluation/metrics.ts';
import { withoutOdd } from './finite.ts';
import { roundedNotes } from './rounded.ts';
import { checkParts, splitByTime } from './split.ts';
import { readTarget } from './target.ts';

const tableOf = (values: readonly number[]): Table => ({
  rows: values.length,
  columns: { x: { type: 'number', values: Float64Array.from(values) } },
});
const spec = trainingSpecSchema.parse({ data: 'rows', target: 'x' });

describe('numbers that are none', () => {
  it('are missing in a feature, and the column, how many and the first are said', () => {
    const { table, notes } = withoutOdd(tableOf([1, 1e39, 2, -Infinity, -3.4e38]), ['x'], undefined);
    expect(table.columns.x?.values).toEqual(Float64Array.of(1, Number.NaN, 2, Number.NaN, -3.4e38));
    expect(notes).toEqual([
      '"x": 2 values are infinite or beyond ±3.4e38 (1e+39 in row 1, counted from 0) and taken as missing.',
    ]);
  });

  it.each([Infinity, -Infinity, 1e300])('are refused in a target by column and row: %d', (odd) => {
    expect(() => readTarget(tableOf([1, 2, 3, odd]), spec)).toThrowError(
      expect.objectContaining({ code: 'TRS_TRAIN_TARGET_NOT_FINITE', details: { column: 'x', row: 3 } }),
    );
  });

  it('make every metric of every task null, and never run for ever', () => {
    const odd = fc.constantFrom(Number.NaN, Infinity, -Infinity);
    fc.assert(
      fc.property(
        fc.constantFrom('binary', 'multiclass', 'regression'),
        odd,
        fc.nat(11),
        (task, value, at) => {
          const scores = Float64Array.from({ length: 12 }, (_, i) => (i === at ? value : 0.25));
          const targets = task === 'multiclass' ? [0, 1, 2, 1] : Array.from(scores, (_, i) => i % 2);
          const metrics = Object.values(measure(task, targets, scores, 3));
          expect(metrics.length).toBeGreaterThan(1);
          expect(metrics.every((metric) => metric === null)).toBe(true);
        },
      ),
    );
  });
});

describe('numbers that float64 rounds', () => {
  const column = (type: 'integer' | 'number', stored?: 'DECIMAL(38,2)') => [
    { name: 'x', type, stored, nulls: 0 },
  ];

  it('are said of whole numbers beyond 2^53 and decimals of more digits than it has, and of nothing else', () => {
    const large = tableOf([1, 2 ** 53, -(2 ** 60), Number.NaN]);
    expect(roundedNotes(large, ['x'], column('integer'))).toEqual([
      expect.stringMatching(/^"x": 2 of its values are whole numbers beyond 2\^53.*--exclude x$/),
    ]);
    expect(roundedNotes(large, ['x'], column('number'))).toEqual([]);
    expect(roundedNotes(tableOf([1, 2 ** 53 - 1]), ['x'], column('integer'))).toEqual([]);
    expect(roundedNotes(tableOf([1e15]), ['x'], column('number', 'DECIMAL(38,2)'))).toEqual([
      expect.stringMatching(/decimals of more than 15 digits/),
    ]);
    expect(roundedNotes(tableOf([1e13]), ['x'], column('number', 'DECIMAL(38,2)'))).toEqual([]);
  });
});

describe('a split', () => {
  const rows = Int32Array.from({ length: 40 }, (_, row) => row);

  it('by years says which is the first held out, as the number that it is', () => {
    const years = Float64Array.from(rows, (row) => 2000 + Math.floor(row / 4));
    expect(splitByTime(years, rows, 0.2, false).boundary).toBe('2008');
  });

  it('with one class to learn from is refused, and one with a class in a part alone says so', () => {
    const split = { kind: 'random', train: rows.slice(0, 30), test: rows.slice(30) } as const;
    const target = (of: (row: number) => number) => ({
      values: Float64Array.from(rows, of),
      classes: ['a', 'b', 'c'],
    });
    expect(() =>
      checkParts(
        split,
        target((row) => Number(row >= 30)),
        'y',
      ),
    ).toThrowError(
      expect.objectContaining({ code: 'TRS_TRAIN_SPLIT', message: expect.stringContaining('always "a"') }),
    );
    expect(
      checkParts(
        split,
        target((row) => (row >= 30 ? (row % 2) * 2 : row % 2)),
        'y',
      ),
    ).toEqual([
      'Of the target "y", "c" is in the held-out part alone: the model cannot answer it.',
      'Of the target "y", no row of "b" is held out: how well the model knows it is not measured.',
    ]);
    expect(
      checkParts(
        split,
        target((row) => row % 3),
        'y',
      ),
    ).toEqual([]);
  });
});
