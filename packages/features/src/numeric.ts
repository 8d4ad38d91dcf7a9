import type { GraphBuilder, ValueInfo } from '@trestle/onnx';
import { floats, int } from '@trestle/onnx';
import { quantile } from '@trestle/statistics';
import { z } from 'zod';
import type { FeatureColumns } from './feature-kind.ts';
import { presentNumbers, type Table } from './table.ts';

/** What kinds that are made of one column of numbers share: where it is, and what stands for a missing number. */
export const numericSpec = {
  column: z.string().optional(),
  /** Learnt from those that are there, or given. */
  impute: z.union([z.enum(['median', 'mean', 'mostFrequent']), z.number()]).default('median'),
};
type ImputeBy = z.output<(typeof numericSpec)['impute']>;

export interface NumericStep {
  readonly column: string;
  /** Stands for a missing value; where the column is shifted, what becomes of one. */
  readonly impute: number;
  /** Where float32 could not tell the column's values apart. */
  readonly shift?: Shift;
}

/** (x - centre) * scale in float64, before anything else is done to a number: that is what the feature then speaks of. */
export interface Shift {
  readonly centre: number;
  readonly scale: number;
}

/** What float32 makes of a number may be so far from it, in deviations of the column. */
const ROUNDING = 1e-6;
/** As far from each other as float32 numbers of that size may be at most. */
const COARSE = 1e-3;
/** Squares and differences of larger numbers, and of smaller ones, leave the range of float32. */
const [LARGE, SMALL] = [1e18, 1e-18];

/**
 * What brings a column of numbers to where float32 tells them apart: points in time in milliseconds, 1e9 + 1, 1e9 + 2, numbers of
 * 1e-40; undefined where it does as they are.
 *
 * @param present those that are there
 */
export function shiftOf(present: Float64Array): Shift | undefined {
  const { mean, deviation } = meanAndDeviation(present);
  let [furthest, error] = [0, 0];
  for (const value of present) {
    furthest = Math.max(furthest, Math.abs(value));
    error = Math.max(error, Math.abs(value - Math.fround(value)));
  }
  const isTold = error <= ROUNDING * deviation && furthest * 2 ** -23 <= COARSE * deviation;
  if (deviation === 0 || (isTold && furthest < LARGE && deviation > SMALL)) return undefined;
  return { centre: mean, scale: 1 / deviation };
}

export const shifted = (value: number, shift: Shift | undefined): number =>
  shift ? (value - shift.centre) * shift.scale : value;

/** A number of a shifted column as it came: for a person. */
export const unshifted = (value: number, shift: Shift | undefined): number =>
  shift ? value / shift.scale + shift.centre : value;

export const numberInput = ({ column, shift }: Pick<NumericStep, 'column' | 'shift'>): ValueInfo => ({
  name: column,
  type: shift ? 'float64' : 'float32',
  dims: ['batch', 1],
});

/** The numbers of a column in float32. @returns the name of what holds them */
export function numberNode(
  graph: GraphBuilder,
  { column, shift }: Pick<NumericStep, 'column' | 'shift'>,
): string {
  if (!shift) return column;
  const scalar = (value: number): string => graph.constant('float64', [1], Float64Array.of(value));
  const centred = graph.add('Sub', [column, scalar(shift.centre)]);
  return graph.add('Cast', [graph.add('Mul', [centred, scalar(shift.scale)])], { to: int(1) });
}

/** What stands for a missing number of a column. @param present ascending */
export function imputedBy(by: ImputeBy, present: Float64Array): number {
  if (typeof by === 'number') return by;
  if (by === 'median') return quantile(present, 0.5);
  if (by === 'mean') return meanAndDeviation(present).mean;
  const counts = new Map<number, number>();
  for (const value of present) counts.set(value, (counts.get(value) ?? 0) + 1);
  // Of equally frequent ones the smallest.
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0])[0];
}

export function meanAndDeviation(values: Float64Array): {
  readonly mean: number;
  readonly deviation: number;
} {
  let [mean, square] = [0, 0];
  for (const value of values) mean += value / values.length;
  for (const value of values) square += (value - mean) ** 2 / values.length;
  return { mean, deviation: Math.sqrt(square) };
}

/** The numbers of a column that are there, ascending and shifted, and what stands for the others. @throws TRS_TRAIN_FEATURE */
export function learnNumeric(
  feature: string,
  spec: { readonly column?: string | undefined; readonly impute: ImputeBy },
  table: Table,
): { readonly step: NumericStep; readonly present: Float64Array } {
  const column = spec.column ?? feature;
  const raw = presentNumbers(table, column, feature);
  const shift = shiftOf(raw);
  const present = shift ? raw.map((value) => shifted(value, shift)) : raw;
  const impute =
    typeof spec.impute === 'number' ? shifted(spec.impute, shift) : imputedBy(spec.impute, present);
  return { step: { column, impute, ...(shift ? { shift } : {}) }, present };
}

/** Reads the numbers of a column row by row, in float32, another in the place of missing ones. */
export function numberReader(
  { column, impute, shift }: NumericStep,
  columns: FeatureColumns,
): (row: number) => number {
  const values = columns[column];
  const missing = Math.fround(impute);
  return (row) => {
    const value = Math.fround(shifted(Number(values?.[row] ?? Number.NaN), shift));
    return Number.isNaN(value) ? missing : value;
  };
}

export const imputeNode = (graph: GraphBuilder, step: NumericStep): string =>
  graph.add(
    'Imputer',
    [numberNode(graph, step)],
    {
      imputed_value_floats: floats([step.impute]),
      replaced_value_float: { kind: 'float', value: Number.NaN },
    },
    'ai.onnx.ml',
  );
