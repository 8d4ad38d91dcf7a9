import { int, ints, strings } from '@trestle/onnx';
import { z } from 'zod';
import { numberedNodes, placesOf, ranked, shownCategory, stringInput, stringReader } from '../categorical.ts';
import { type FeatureStep, featureKind } from '../feature-kind.ts';
import { stringsOf } from '../table.ts';

/** A category needs this many rows for a column of its own, fewer in a small table. */
const MIN_CATEGORY_ROWS = 12;
const MIN_CATEGORY_SHARE = 0.1;
const MAX_CATEGORIES = 80;

interface CategoryStep extends FeatureStep {
  readonly kind: 'category';
  readonly column: string;
  readonly categories: readonly string[];
  /** Where none was missing in training, a missing one is taken as the most frequent one, the first. */
  readonly isImputed: boolean;
}

/** Strings as they are encoded when nothing else is said: one column per frequent category, and one for all others. */
export const category = featureKind({
  kind: 'category',
  spec: z.strictObject({ kind: z.literal('category'), column: z.string().optional() }),
  sources: (name, spec) => [spec.column ?? name],
  learn: (name, spec, { table }): readonly CategoryStep[] => {
    const column = spec.column ?? name;
    const values = stringsOf(table, column, name);
    const minRows = Math.min(MIN_CATEGORY_ROWS, values.length * MIN_CATEGORY_SHARE);
    const categories = ranked(values)
      .filter(([, rows]) => rows >= minRows)
      .slice(0, MAX_CATEGORIES)
      .map(([value]) => value);
    return [{ kind: 'category', name, column, categories, isImputed: !values.includes('') }];
  },
  inputs: (step) => [stringInput(step.column)],
  columns: ({ name, categories }) => [
    ...categories.map((one) => `${name} = ${shownCategory(one)}`),
    `${name} is another`,
  ],
  describe: ({ column, categories }) => [
    { column, encoding: `category: a column for each of ${categories.length}, one for all others` },
  ],
  encoder({ column, categories, isImputed }, columns) {
    const string = stringReader(column, columns);
    const place = placesOf(categories);
    const missing = isImputed ? 0 : categories.length;
    return (row, put) => {
      const value = string(row);
      put(place.get(value) ?? (value === '' ? missing : categories.length), 1);
    };
  },
  nodes(graph, { column, categories, isImputed }) {
    const count = categories.length;
    const index = graph.add(
      'LabelEncoder',
      [column],
      // A table may not be empty; the key of a feature without categories is one that no string equals.
      {
        keys_strings: strings([...(count > 0 ? categories : ['\u0000']), ...(isImputed ? [''] : [])]),
        values_int64s: ints(...(count > 0 ? categories.keys() : [0]), ...(isImputed ? [0] : [])),
        default_int64: int(count),
      },
      'ai.onnx.ml',
    );
    return numberedNodes(graph, index, [...Array(count + 1).keys()]);
  },
});
