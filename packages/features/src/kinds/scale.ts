import { floats } from '@trestle/onnx';
import { quantile } from '@trestle/statistics';
import { z } from 'zod';
import { type FeatureStep, featureKind } from '../feature-kind.ts';
import {
  imputeNode,
  learnNumeric,
  meanAndDeviation,
  type NumericStep,
  numberInput,
  numberReader,
  numericSpec,
} from '../numeric.ts';

/** (x - offset) * scale. */
interface ScaleStep extends FeatureStep, NumericStep {
  readonly kind: 'scale';
  readonly offset: number;
  readonly scale: number;
}

/** A number centred and scaled: by mean and deviation, or by median and quartiles, which outliers do not move. */
export const scale = featureKind({
  kind: 'scale',
  spec: z.strictObject({
    kind: z.literal('scale'),
    ...numericSpec,
    by: z.enum(['deviation', 'quartiles']).default('deviation'),
  }),
  sources: (name, spec) => [spec.column ?? name],
  learn: (name, spec, { table }): readonly ScaleStep[] => {
    const { step, present } = learnNumeric(name, spec, table);
    const [offset, spread] = spec.by === 'quartiles' ? byQuartiles(present) : byDeviation(present);
    return [{ kind: 'scale', name, ...step, offset, scale: spread > 0 ? 1 / spread : 1 }];
  },
  inputs: (step) => [numberInput(step)],
  columns: ({ name }) => [name],
  encoder(step, columns) {
    const number = numberReader(step, columns);
    const [offset, factor] = [Math.fround(step.offset), Math.fround(step.scale)];
    return (row, put) => put(0, Math.fround(number(row) - offset) * factor);
  },
  nodes: (graph, step) =>
    graph.add(
      'Scaler',
      [imputeNode(graph, step)],
      { offset: floats([step.offset]), scale: floats([step.scale]) },
      'ai.onnx.ml',
    ),
});

function byDeviation(present: Float64Array): readonly [offset: number, spread: number] {
  const { mean, deviation } = meanAndDeviation(present);
  return [mean, deviation];
}

const byQuartiles = (present: Float64Array): readonly [offset: number, spread: number] => [
  quantile(present, 0.5),
  quantile(present, 0.75) - quantile(present, 0.25),
];
