import { floats, type GraphBuilder, strings } from '@trestle/onnx';
import { stringInput, stringReader } from '../categorical.ts';
import type { FeatureColumns, FeatureStep, Put } from '../feature-kind.ts';

/** A number per category, and one for rare and unseen ones. */
export interface LookupStep extends FeatureStep {
  readonly column: string;
  readonly keys: readonly string[];
  readonly values: readonly number[];
  readonly otherwise: number;
}

/** What kinds that look a number up by a category have in common. */
export const lookup = {
  inputs: (step: LookupStep) => [stringInput(step.column)],
  columns: (step: LookupStep) => [step.name],
  encoder(step: LookupStep, columns: FeatureColumns) {
    const string = stringReader(step.column, columns);
    const value = new Map(step.keys.map((key, index) => [key, step.values[index] ?? step.otherwise]));
    return (row: number, put: Put) => put(0, value.get(string(row)) ?? step.otherwise);
  },
  nodes: (graph: GraphBuilder, step: LookupStep) =>
    graph.add(
      'LabelEncoder',
      [step.column],
      {
        keys_strings: strings(step.keys),
        values_floats: floats(step.values),
        default_float: { kind: 'float', value: step.otherwise },
      },
      'ai.onnx.ml',
    ),
};
