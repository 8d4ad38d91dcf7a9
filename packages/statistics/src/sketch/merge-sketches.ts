import { isNumeric } from '../table/column-type.ts';
import { binsBetween } from './bins.ts';
import { keptValues, mergeValues } from './frequent-values.ts';
import { estimateDistinct, mergeRegisters, registerBits, registersOf } from './hyper-log-log.ts';
import { mergeMoments } from './moments.ts';
import { higherBound, lowerBound } from './order.ts';
import { mergePairs } from './pairs.ts';
import { mergePoints, pointsOf } from './points.ts';
import type { ColumnSketch, PairSketch, Points, TableSketch } from './sketches.ts';

/** Sketches that are merged at once: all with all others. */
const AT_ONCE = 32;

/**
 * The sketch of the rows of all together. In whatever order: counts, bounds, registers and values that are complete are the
 * same, moments but for rounding, points within a share of the rows.
 */
export function mergeSketches(all: readonly TableSketch[]): TableSketch {
  const [first] = all;
  if (!first) return { rows: 0, columns: [], pairs: [] };
  if (all.length === 1) return first;
  if (all.length > AT_ONCE) {
    const groups = Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, group) =>
      mergeSketches(all.slice(group * AT_ONCE, (group + 1) * AT_ONCE)),
    );
    return mergeSketches(groups);
  }
  const rest = all.slice(1).map(({ columns }) => new Map(columns.map((column) => [column.name, column])));
  return {
    rows: all.reduce((sum, { rows }) => sum + rows, 0),
    columns: first.columns.map((column) =>
      mergeColumns(
        column,
        rest.flatMap((columns) => columns.get(column.name) ?? []),
        first.columns.length,
      ),
    ),
    pairs: mergeAllPairs(all),
  };
}

function mergeAllPairs(all: readonly TableSketch[]): PairSketch[] {
  const found = new Map<string, PairSketch>();
  for (const pair of all.flatMap(({ pairs }) => pairs)) {
    const key = JSON.stringify([pair.a, pair.b]);
    const known = found.get(key);
    found.set(key, known ? mergePairs(known, pair) : pair);
  }
  return [...found.values()];
}

function mergeColumns(first: ColumnSketch, rest: readonly ColumnSketch[], columns: number): ColumnSketch {
  const all = [first, ...rest];
  const sum = (of: (one: ColumnSketch) => number): number => all.reduce((total, one) => total + of(one), 0);
  const { name, type } = first;
  const fold = <T>(of: (one: ColumnSketch) => T, both: (a: T, b: T) => T): T =>
    rest.reduce((found, one) => both(found, of(one)), of(first));
  const column = {
    name,
    type,
    min: fold(
      ({ min }) => min,
      (x, y) => lowerBound(type, x, y),
    ),
    max: fold(
      ({ max }) => max,
      (x, y) => higherBound(type, x, y),
    ),
    moments: fold(
      ({ moments }) => moments,
      (x, y) => x && y && mergeMoments(x, y),
    ),
    lengths: fold(({ lengths }) => lengths, mergeLengths),
    forms: fold(({ forms }) => forms, mergeForms),
  };
  const values = mergeValues(type, all, keptValues(columns));
  const counts = { count: sum(({ count }) => count), nulls: sum(({ nulls }) => nulls) };
  if (isComplete(values))
    return { ...column, ...counts, ...values, distinct: values.values.length, points: null, registers: null };
  const bits = registerBits(columns);
  const registers = all.map((one) => ownRegisters(one, bits)).reduce(mergeRegisters);
  const [least, most] = [Math.max(...all.map(({ distinct }) => distinct)), sum(({ distinct }) => distinct)];
  return {
    ...column,
    ...counts,
    ...values,
    distinct: Math.min(most, Math.max(least, Math.round(estimateDistinct(registers)))),
    points: isNumeric(column.type)
      ? mergePoints(all.map(pointsIn), binsBetween(column.min, column.max))
      : null,
    registers: Buffer.from(registers).toString('base64'),
    estimated: ['distinct', 'frequencies'],
  };
}

/** Every value stands in the sketch, with its exact count. */
export const isComplete = ({ untold }: Pick<ColumnSketch, 'untold'>): boolean => untold === 0;

/** How a column's finite numbers are distributed, as far as its sketch tells. */
export function pointsIn({ type, values, points }: ColumnSketch): Points {
  if (points) return points;
  if (!isNumeric(type)) return pointsOf([]);
  const numbers = values.map(([value, count]) => [Number(value), count] as const);
  return pointsOf(numbers.filter(([value]) => Number.isFinite(value)));
}

const ownRegisters = ({ registers, values }: ColumnSketch, bits: number): Uint8Array =>
  registers === null
    ? registersOf(
        values.map(([, , place]) => place),
        bits,
      )
    : Buffer.from(registers, 'base64');

function mergeLengths(a: ColumnSketch['lengths'], b: ColumnSketch['lengths']): ColumnSketch['lengths'] {
  if (!a || !b) return a ?? b;
  return { min: Math.min(a.min, b.min), sum: a.sum + b.sum, max: Math.max(a.max, b.max) };
}

function mergeForms(a: ColumnSketch['forms'], b: ColumnSketch['forms']): ColumnSketch['forms'] {
  if (!a || !b) return a ?? b;
  return {
    looked: a.looked + b.looked,
    matches: a.matches.map((count, index) => count + (b.matches[index] ?? 0)),
  };
}
