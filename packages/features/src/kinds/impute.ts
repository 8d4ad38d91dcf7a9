import { int } from '@trestle/onnx';
import { z } from 'zod';
import { type FeatureStep, featureKind } from '../feature-kind.ts';
import {
  imputeNode,
  learnNumeric,
  type NumericStep,
  numberInput,
  numberNode,
  numberReader,
  numericSpec,
} from '../numeric.ts';

interface ImputeStep extends FeatureStep, NumericStep {
  readonly kind: 'impute';
  readonly flag: boolean;
}

/** A number as it is (shifted where float32 cannot tell its values apart), another in the place of a missing one; with `flag` a second column says whether it was missing. */
export const impute = featureKind({
  kind: 'impute',
  spec: z.strictObject({ kind: z.literal('impute'), ...numericSpec, flag: z.boolean().default(false) }),
  sources: (name, spec) => [spec.column ?? name],
  learn: (name, spec, { table }): readonly ImputeStep[] => {
    const { step } = learnNumeric(name, spec, table);
    return [{ kind: 'impute', name, ...step, flag: spec.flag }];
  },
  inputs: (step) => [numberInput(step)],
  columns: ({ name, flag }) => (flag ? [name, `${name} is missing`] : [name]),
  encoder(step, columns) {
    const number = numberReader(step, columns);
    const raw = numberReader({ ...step, impute: Number.NaN }, columns);
    return (row, put) => {
      put(0, number(row));
      if (step.flag) put(1, Number(Number.isNaN(raw(row))));
    };
  },
  nodes(graph, step) {
    if (!step.flag) return imputeNode(graph, step);
    const missing = graph.add('Cast', [graph.add('IsNaN', [numberNode(graph, step)])], { to: int(1) });
    return graph.add('Concat', [imputeNode(graph, step), missing], { axis: int(1) });
  },
});
