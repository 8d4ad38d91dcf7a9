import type { GraphBuilder, ValueInfo } from '@trestle/onnx';
import { int, ints } from '@trestle/onnx';
import { z } from 'zod';
import type { FeatureColumns } from './feature-kind.ts';

/** A category needs so many rows of the training part, and so many categories are kept at most, the most frequent first. */
export const categoriesSpec = {
  minRows: z.number().int().min(1).default(12),
  max: z.number().int().min(1).max(5_000).default(80),
};

export const stringInput = (name: string): ValueInfo => ({ name, type: 'string', dims: ['batch', 1] });

/** Reads the strings of a column row by row; missing ones are ''. */
export const stringReader = (column: string, columns: FeatureColumns): ((row: number) => string) => {
  const values = columns[column];
  return (row) => String(values?.[row] ?? '');
};

export const placesOf = (keys: readonly string[]): ReadonlyMap<string, number> =>
  new Map(keys.map((key, index) => [key, index]));

/** Values with their numbers of rows, the most frequent first, of equally frequent ones the first by code units. */
export function ranked(values: readonly string[]): readonly (readonly [value: string, rows: number])[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
}

/** The values that are in enough rows, at least the most frequent one. */
export const frequent = (
  values: readonly string[],
  { minRows, max }: { readonly minRows: number; readonly max: number },
): string[] =>
  ranked(values)
    .filter(([, count], place) => place === 0 || count >= minRows)
    .slice(0, max)
    .map(([value]) => value);

export const shownCategory = (category: string): string => (category === '' ? '(missing)' : category);

/** One column per number of a list. */
export function numberedNodes(graph: GraphBuilder, value: string, list: readonly number[]): string {
  const oneHot = graph.add(
    'OneHotEncoder',
    [value],
    { cats_int64s: ints(...list), zeros: int(1) },
    'ai.onnx.ml',
  );
  return flatNode(graph, oneHot, list.length);
}

/** [batch, 1, columns] as [batch, columns]. */
export const flatNode = (graph: GraphBuilder, value: string, columns: number): string =>
  graph.add('Reshape', [value, graph.constant('int64', [2], [-1, columns])]);
