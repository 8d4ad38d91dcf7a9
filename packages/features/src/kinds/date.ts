import { type GraphBuilder, int } from '@trestle/onnx';
import { z } from 'zod';
import { type FeatureColumns, type FeatureStep, featureKind } from '../feature-kind.ts';
import {
  imputeNode,
  learnNumeric,
  type NumericStep,
  numberInput,
  numberReader,
  unshifted,
} from '../numeric.ts';

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
    return spec.parts.map((part) => {
      const period = PERIODS[part];
      // A shifted time is never seen: where in the period it is, is taken of it as it came, in float64.
      const impute = step.shift ? turnAt(unshifted(step.impute, step.shift), period) : step.impute;
      return { kind: 'date', ...step, impute, name: `${name} in the ${part}`, period };
    });
  },
  inputs: (step) => [numberInput(step)],
  columns: ({ name }) => [`${name} (sine)`, `${name} (cosine)`],
  describe: ({ column, name }) => [
    { column, encoding: `${name.slice(name.lastIndexOf(' in the ') + 1)} (sine and cosine)` },
  ],
  encoder(step, columns) {
    const turn = Math.fround(2 * Math.PI);
    const part = step.shift ? exactPart(step, columns) : roundedPart(step, columns);
    return (row, put) => {
      const angle = Math.fround(part(row) * turn);
      put(0, Math.sin(angle));
      put(1, Math.cos(angle));
    };
  },
  nodes(graph, step) {
    const part = step.shift ? exactPartNode(graph, step) : roundedPartNode(graph, step);
    const angle = graph.add('Mul', [part, graph.constant('float32', [1], Float32Array.of(2 * Math.PI))]);
    return graph.add('Concat', [graph.add('Sin', [angle]), graph.add('Cos', [angle])], { axis: int(1) });
  },
});

/** The share of the period that has gone by. */
const turnAt = (time: number, period: number): number => {
  const turns = time * (1 / period);
  return turns - Math.floor(turns);
};

function exactPart({ column, impute, period }: DateStep, columns: FeatureColumns): (row: number) => number {
  const values = columns[column];
  return (row) => {
    const part = Math.fround(turnAt(Number(values?.[row] ?? Number.NaN), period));
    return Number.isNaN(part) ? Math.fround(impute) : part;
  };
}

function exactPartNode(graph: GraphBuilder, { column, impute, period }: DateStep): string {
  const perPeriod = graph.constant('float64', [1], Float64Array.of(1 / period));
  const turns = graph.add('Mul', [column, perPeriod]);
  const part = graph.add('Sub', [turns, graph.add('Floor', [turns])]);
  return imputeNode(graph, { column: graph.add('Cast', [part], { to: int(1) }), impute });
}

function roundedPart(step: DateStep, columns: FeatureColumns): (row: number) => number {
  const number = numberReader(step, columns);
  const perPeriod = Math.fround(1 / step.period);
  return (row) => {
    const turns = Math.fround(number(row) * perPeriod);
    return Math.fround(turns - Math.floor(turns));
  };
}

function roundedPartNode(graph: GraphBuilder, step: DateStep): string {
  const perPeriod = graph.constant('float32', [1], Float32Array.of(1 / step.period));
  const turns = graph.add('Mul', [imputeNode(graph, step), perPeriod]);
  return graph.add('Sub', [turns, graph.add('Floor', [turns])]);
}
