import type { ColumnSketch, TableSketch } from '@trestle/contracts';
import { describe, expect, it } from 'vitest';
import { binValues } from './bin-values.ts';
import { datasetReference } from './dataset-reference.ts';

const column = (name: string, type: ColumnSketch['type'], told: Partial<ColumnSketch>): ColumnSketch => ({
  ...{ name, type, count: 0, nulls: 0, distinct: 0, min: null, max: null, moments: null },
  ...{ values: [], untold: 0, points: null, registers: null, lengths: null, forms: null },
  ...told,
});
const sketchOf = (...columns: ColumnSketch[]): TableSketch => ({ rows: 100, columns, pairs: [] });
const referenceOf = (one: ColumnSketch) => datasetReference(sketchOf(one), new Set([one.name])).features[0];

describe('a dataset version as a reference', () => {
  it('cuts a column of numbers, both ends included, and has as many in each bin as binning its values gives', () => {
    const values = Array.from({ length: 90 }, (_, n) => n ** 2);
    const points = { values, below: values.map((_, n) => n + 1) };
    const reference = referenceOf(column('x', 'number', { count: 95, nulls: 5, points }));
    expect(reference).toMatchObject({ kind: 'numeric', nulls: 10 });
    if (reference?.kind === 'numeric') {
      expect(reference.edges).toEqual([-1e-6, ...values]);
      expect(reference.counts).toEqual(binValues(reference, values).counts);
    }
  });

  it('has a bin for a value at which most numbers stand, and one for what is below it', () => {
    const points = { values: [0, 1, 2], below: [80, 90, 100] };
    expect(referenceOf(column('x', 'integer', { count: 100, points }))).toMatchObject({
      edges: [-1e-6, 0, 1, 2],
      counts: [0, 80, 10, 10, 0],
    });
  });

  it('has the twenty most frequent texts, the rest together, and empty ones as missing', () => {
    const values = ['', ...Array.from({ length: 30 }, (_, n) => `v${n}`)].map(
      (value, n): [string, number, number] => [value, 100 - n, 0],
    );
    const count = values.reduce((sum, [, rows]) => sum + rows, 0) + 7;
    const reference = referenceOf(column('x', 'string', { count, nulls: 3, values, untold: 7 }));
    expect(reference).toMatchObject({ kind: 'categorical', nulls: 103 });
    if (reference?.kind !== 'categorical') throw new Error('A text is a category.');
    expect(reference.top).toHaveLength(20);
    expect(reference.other + reference.top.reduce((sum, [, rows]) => sum + rows, 0)).toBe(count - 100);
  });

  it('says which columns have counts that are estimates', () => {
    const points = { values: [0, 1], below: [80, 90] };
    const estimated: ColumnSketch['estimated'] = ['distinct', 'frequencies'];
    const numbers = column('x', 'integer', { count: 90, points, estimated });
    const words = column('x', 'string', { count: 9, values: [['a', 9, 0]], untold: 2, estimated });
    for (const one of [numbers, words]) {
      expect(referenceOf(one)).toMatchObject({ approximate: true });
      expect(referenceOf({ ...one, estimated: ['distinct'] })).not.toHaveProperty('approximate');
    }
  });

  it('leaves out moments, and columns that are no features', () => {
    const sketch = sketchOf(
      column('t', 'timestamp', {}),
      column('x', 'string', {}),
      column('y', 'string', {}),
    );
    expect(datasetReference(sketch, new Set(['t', 'x'])).features.map(({ name }) => name)).toEqual(['x']);
  });

  it('is empty for a column without values', () => {
    const points = { values: [], below: [] };
    expect(referenceOf(column('x', 'number', { nulls: 100, points }))).toEqual({
      kind: 'numeric',
      name: 'x',
      edges: [],
      counts: [0],
      nulls: 100,
    });
  });
});
