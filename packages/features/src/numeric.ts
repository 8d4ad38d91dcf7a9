import type { GraphBuilder, ValueInfo } from '@trestle/onnx';
import { floats } from '@trestle/onnx';
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
  /** Stands for a missing value. */
  readonly impute: number;
}

export const numberInput = (name: string): ValueInfo => ({ name, type: 'float32', dims: ['batch', 1] });

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

/** The numbers of a column that are there, ascending, and what stands for the others. @throws TRS_TRAIN_FEATURE */
export function learnNumeric(
  feature: string,
  spec: { readonly column?: string | undefined; readonly impute: ImputeBy },
  table: Table,
): { readonly step: NumericStep; readonly present: Float64Array } {
  const column = spec.column ?? feature;
  const present = presentNumbers(table, column, feature);
  return { step: { column, impute: imputedBy(spec.impute, present) }, present };
}

/** Reads the numbers of a column row by row, in float32, another in the place of missing ones. */
export function numberReader(
  { column, impute }: NumericStep,
  columns: FeatureColumns,
): (row: number) => number {
  const values = columns[column];
  const missing = Math.fround(impute);
  return (row) => {
    const value = Math.fround(Number(values?.[row] ?? Number.NaN));
    return Number.isNaN(value) ? missing : value;
  };
}

export const imputeNode = (graph: GraphBuilder, { column, impute }: NumericStep): string =>
  graph.add(
    'Imputer',
    [column],
    {
      imputed_value_floats: floats([impute]),
      replaced_value_float: { kind: 'float', value: Number.NaN },
    },
    'ai.onnx.ml',
  );
