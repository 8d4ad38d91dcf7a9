import { int, ints, strings } from '@trestle/onnx';
import { z } from 'zod';
import {
  categoriesSpec,
  frequent,
  numberedNodes,
  placesOf,
  stringInput,
  stringReader,
} from '../categorical.ts';
import { type FeatureStep, featureKind } from '../feature-kind.ts';
import { stringsOf } from '../table.ts';

interface CrossStep extends FeatureStep {
  readonly kind: 'cross';
  readonly columns: readonly [string, string];
  readonly categories: readonly [readonly string[], readonly string[]];
  /** Places of categories of the first and the second column. */
  readonly pairs: readonly (readonly [number, number])[];
}

/** One column per frequent pair of categories of two columns. */
export const cross = featureKind({
  kind: 'cross',
  spec: z.strictObject({
    kind: z.literal('cross'),
    columns: z.tuple([z.string(), z.string()]),
    ...categoriesSpec,
  }),
  sources: (_, spec) => spec.columns,
  learn: (name, spec, { table }): readonly CrossStep[] => {
    const [first, second] = spec.columns.map((column) => stringsOf(table, column, name));
    const pairs = frequent(
      (first ?? []).map((value, row) => JSON.stringify([value, second?.[row] ?? ''])),
      spec,
    ).map((pair): readonly [string, string] => JSON.parse(pair));
    const categories = [[...new Set(pairs.map(([a]) => a))], [...new Set(pairs.map(([, b]) => b))]] as const;
    return [
      {
        kind: 'cross',
        name,
        columns: spec.columns,
        categories,
        pairs: pairs.map(([a, b]) => [categories[0].indexOf(a), categories[1].indexOf(b)]),
      },
    ];
  },
  inputs: (step) => step.columns.map(stringInput),
  columns: ({ name, pairs, categories: [first, second] }) =>
    pairs.map(([a, b]) => `${name} = ${first[a]} & ${second[b]}`),
  encoder(step, columns) {
    const places = step.categories.map(placesOf);
    const strings = step.columns.map((column) => stringReader(column, columns));
    const column = new Map(step.pairs.map(([a, b], index) => [`${a},${b}`, index]));
    return (row, put) => {
      const pair = strings.map((string, side) => places[side]?.get(string(row)) ?? -1);
      const index = column.get(pair.join());
      if (index !== undefined) put(index, 1);
    };
  },
  nodes(graph, { columns, categories, pairs }) {
    const place = (side: 0 | 1): string =>
      graph.add(
        'LabelEncoder',
        [columns[side]],
        {
          keys_strings: strings(categories[side]),
          values_int64s: ints(...categories[side].keys()),
          default_int64: int(categories[side].length),
        },
        'ai.onnx.ml',
      );
    const size = categories[1].length + 1;
    const base = graph.add('Mul', [place(0), graph.constant('int64', [1], [size])]);
    const pair = graph.add('Add', [base, place(1)]);
    return numberedNodes(
      graph,
      pair,
      pairs.map(([a, b]) => a * size + b),
    );
  },
});
