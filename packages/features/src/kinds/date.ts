import { int } from '@trestle/onnx';
import { z } from 'zod';
import { type FeatureStep, featureKind } from '../feature-kind.ts';
import { imputeNode, learnNumeric, type NumericStep, numberInput, numberReader } from '../numeric.ts';

const DAY = 86_400_000;
/** The mean lengths of the Gregorian calendar, in milliseconds. */
const PERIODS = { year: 365.2425 * DAY, month: 30.436875 * DAY, week: 7 * DAY, day: DAY };

/** Where a number stands in a period that repeats, as sine and cosine: 23:59 is near 00:01. */
interface DateStep extends FeatureStep, NumericStep {
  readonly kind: 'date';
  readonly period: number;
}

/** Where a time stands in the year, the month, the week, the day: sine and cosine of each. */
export const date = featureKind({
  kind: 'date',
  spec: z.strictObject({
    kind: z.literal('date'),
    column: z.string().optional(),
    parts: z
      .array(z.enum(['year', 'month', 'week', 'day']))
      .min(1)
      .default(['year', 'week', 'day']),
  }),
  sources: (name, spec) => [spec.column ?? name],
  learn: (name, spec, { table }): readonly DateStep[] => {
    const { step } = learnNumeric(name, { column: spec.column, impute: 'median' }, table);
    return spec.parts.map((part) => ({
      kind: 'date',
      ...step,
      name: `${name} in the ${part}`,
      period: PERIODS[part],
    }));
  },
  inputs: (step) => [numberInput(step.column)],
  columns: ({ name }) => [`${name} (sine)`, `${name} (cosine)`],
  encoder(step, columns) {
    const number = numberReader(step, columns);
    const [perPeriod, turn] = [Math.fround(1 / step.period), Math.fround(2 * Math.PI)];
    return (row, put) => {
      const turns = Math.fround(number(row) * perPeriod);
      const angle = Math.fround(Math.fround(turns - Math.floor(turns)) * turn);
      put(0, Math.sin(angle));
      put(1, Math.cos(angle));
    };
  },
  nodes(graph, step) {
    const scalar = (value: number): string => graph.constant('float32', [1], Float32Array.of(value));
    const turns = graph.add('Mul', [imputeNode(graph, step), scalar(1 / step.period)]);
    const part = graph.add('Sub', [turns, graph.add('Floor', [turns])]);
    const angle = graph.add('Mul', [part, scalar(2 * Math.PI)]);
    return graph.add('Concat', [graph.add('Sin', [angle]), graph.add('Cos', [angle])], { axis: int(1) });
  },
});
