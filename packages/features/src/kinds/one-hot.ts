import { int, strings } from '@trestle/onnx';
import { z } from 'zod';
import {
  categoriesSpec,
  flatNode,
  frequent,
  placesOf,
  shownCategory,
  stringInput,
  stringReader,
} from '../categorical.ts';
import { type FeatureStep, featureKind } from '../feature-kind.ts';
import { stringsOf } from '../table.ts';

interface OneHotStep extends FeatureStep {
  readonly kind: 'oneHot';
  readonly column: string;
  readonly categories: readonly string[];
}

/** One column per category; none of them for a rare or unseen one. */
export const oneHot = featureKind({
  kind: 'oneHot',
  spec: z.strictObject({ kind: z.literal('oneHot'), column: z.string().optional(), ...categoriesSpec }),
  sources: (name, spec) => [spec.column ?? name],
  learn: (name, spec, { table }): readonly OneHotStep[] => {
    const column = spec.column ?? name;
    return [{ kind: 'oneHot', name, column, categories: frequent(stringsOf(table, column, name), spec) }];
  },
  inputs: (step) => [stringInput(step.column)],
  columns: ({ name, categories }) => categories.map((category) => `${name} = ${shownCategory(category)}`),
  encoder({ column, categories }, columns) {
    const string = stringReader(column, columns);
    const place = placesOf(categories);
    return (row, put) => {
      const index = place.get(string(row));
      if (index !== undefined) put(index, 1);
    };
  },
  nodes(graph, { column, categories }) {
    const encoded = graph.add(
      'OneHotEncoder',
      [column],
      { cats_strings: strings(categories), zeros: int(1) },
      'ai.onnx.ml',
    );
    return flatNode(graph, encoded, categories.length);
  },
});
