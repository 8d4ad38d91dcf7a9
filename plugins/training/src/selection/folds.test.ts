import { trainingSpecSchema } from '@trestle/contracts';
import { describe, expect, it } from 'vitest';
import type { Prepared } from '../preparation/prepare.ts';
import { validationOf } from './folds.ts';

const spec = trainingSpecSchema.parse({ data: 'rows', target: 'y' });

/** What folds are made of: which rows are trained on, and their classes. */
const rowsOf = (count: number, kind: 'random' | 'time', classOf: (row: number) => number) => {
  const train = Int32Array.from({ length: count }, (_, row) => row);
  const target = {
    task: 'binary',
    classes: ['no', 'yes'],
    values: Float64Array.from(train, classOf),
  } as const;
  return { split: { kind, train, test: new Int32Array(0) }, target } satisfies Pick<
    Prepared,
    'split' | 'target'
  >;
};

describe('the folds that candidates are judged on', () => {
  it.each([
    [400, 8],
    [5_000, 5],
  ])('of %i rows hold each row once in %i folds, of each class the same share', (count, folds) => {
    const prepared = rowsOf(count, 'random', (row) => Number(row % 10 === 0));
    const validation = validationOf(prepared, spec);
    expect(validation.how).toBe(`${folds} folds`);
    const held = validation.folds.flatMap((fold) => [...fold.held]);
    expect([...held].sort((a, b) => a - b)).toEqual([...prepared.split.train]);
    for (const fold of validation.folds) {
      expect(new Set([...fold.fitted, ...fold.held]).size).toBe(count);
      const rare = fold.held.filter((row) => row % 10 === 0).length;
      expect(Math.abs(rare - count / 10 / folds)).toBeLessThanOrEqual(1);
    }
  });

  it('are the latest rows where the held-out part is the latest', () => {
    const validation = validationOf(
      rowsOf(100, 'time', (row) => row % 2),
      spec,
    );
    expect(validation.folds.map(({ held }) => [held[0], held.length])).toEqual([[80, 20]]);
  });

  it('are dealt at random where the earlier rows are of one class', () => {
    const validation = validationOf(
      rowsOf(100, 'time', (row) => Number(row >= 90)),
      spec,
    );
    expect(validation.how).toBe('8 folds');
  });

  it.each([
    ['that are held out in turn', true, 40, 8],
    ['that are held out in turn, as many as there are', true, 3, 3],
    ['one of which is held out', false, 40, 8],
  ])('keep parts whole %s', (_, isCrossed, count, folds) => {
    const { split, target } = rowsOf(400, 'random', (row) => row % 2);
    const parts = Array.from(split.train, (row) => `site ${row % count}`);
    const named = { ...split, parts, ...(isCrossed ? { folds: [] } : {}) };
    const validation = validationOf({ split: named, target }, spec);
    expect(validation.folds).toHaveLength(folds);
    expect(validation.folds.flatMap(({ held }) => [...held]).sort((a, b) => a - b)).toEqual([...split.train]);
    for (const { fitted, held } of validation.folds) {
      expect(held.length).toBeGreaterThan(0);
      const known = new Set(Array.from(fitted, (row) => parts[row]));
      expect(Array.from(held, (row) => parts[row]).filter((part) => known.has(part))).toEqual([]);
    }
  });

  it('are dealt at random where whole parts would leave one class to learn from', () => {
    const { split, target } = rowsOf(400, 'random', (row) => row % 2);
    const parts = Array.from(split.train, (row) => `site ${row % 2}`);
    expect(validationOf({ split: { ...split, parts, folds: [] }, target }, spec).how).toBe('8 folds');
  });

  it('are dealt at random where the rows to train on are one part', () => {
    const { split, target } = rowsOf(400, 'random', (row) => row % 2);
    const parts = Array.from(split.train, () => 'train');
    expect(validationOf({ split: { ...split, parts }, target }, spec).how).toBe('8 folds');
  });

  it('are one part of many rows', () => {
    const validation = validationOf(
      rowsOf(60_000, 'random', (row) => row % 2),
      spec,
    );
    expect(validation.folds.map(({ held }) => held.length)).toEqual([12_000]);
  });

  it('are one part of fewer rows of many classes', () => {
    const { split, target } = rowsOf(4_000, 'random', (row) => row % 26);
    const classes = Array.from({ length: 26 }, (_, place) => String.fromCharCode(97 + place));
    const letters = { split, target: { ...target, task: 'multiclass', classes } } as const;
    expect(validationOf(letters, spec).how).toBe('a random fifth');
  });
});
