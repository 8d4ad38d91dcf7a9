import { floats, type GraphBuilder, int } from '@trestle/onnx';
import { quantile } from '@trestle/statistics';
import { z } from 'zod';
import { type FeatureStep, featureKind, unsuited } from '../feature-kind.ts';
import {
  meanAndDeviation,
  type NumericStep,
  numberInput,
  numberNode,
  shifted,
  shiftOf,
  unshifted,
} from '../numeric.ts';
import { columnOf } from '../table.ts';

const THRESHOLD_QUANTILES = [0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9];
const MIN_DISTINCT_FOR_THRESHOLDS = 12;

/** A column of numbers (truths as 0 and 1, times in milliseconds) with what was learnt of it. */
interface NumberColumn extends NumericStep {
  readonly mean: number;
  /** 1 / standard deviation. */
  readonly scale: number;
  /** Whether any was missing: what never was is imputed, and there is nothing to learn of its being missing. */
  readonly isFlagged: boolean;
  /** One column each says whether the value is above the threshold; ascending. */
  readonly thresholds: readonly number[];
}

interface NumbersStep extends FeatureStep {
  readonly kind: 'numbers';
  readonly numbers: readonly NumberColumn[];
}

/**
 * All numbers of a table at once, as they are encoded when nothing else is said: imputed by the median and scaled, whether each that may
 * be is missing, and whether it is above some of its quantiles. One block for many columns, so that the graph stays small.
 */
export const numbers = featureKind({
  kind: 'numbers',
  spec: z.strictObject({
    kind: z.literal('numbers'),
    columns: z.array(z.string()).min(1),
    /** Whether columns with many different values are also compared with their quantiles. */
    thresholds: z.boolean().default(true),
  }),
  sources: (_, spec) => spec.columns,
  learn: (name, spec, { table }): readonly NumbersStep[] => [
    {
      kind: 'numbers',
      name,
      numbers: spec.columns.map((column) => {
        const found = columnOf(table, column, name);
        if (found.type === 'string' || found.type === 'image')
          throw unsuited(name, `"${column}" holds no numbers`);
        return learnColumn(column, found.values, spec.thresholds && found.type !== 'boolean');
      }),
    },
  ],
  inputs: (step) => step.numbers.map(numberInput),
  columns: (step) => [
    ...step.numbers.map(({ column }) => column),
    ...flagged(step).map(({ column }) => `${column} is missing`),
    ...step.numbers.flatMap(({ column, thresholds, shift }) =>
      thresholds.map((edge) => `${column} > ${unshifted(edge, shift)}`),
    ),
  ],
  describe: (step) =>
    step.numbers.map(({ column, thresholds, isFlagged }) => ({
      column,
      encoding: `number: scaled, missing ones as the median${isFlagged ? ' and flagged' : ''}${thresholds.length > 0 ? `, compared with ${thresholds.length} quantiles` : ''}`,
    })),
  encoder(step, columns) {
    let flagsAt = step.numbers.length;
    let thresholdsAt = flagsAt + flagged(step).length;
    const each = step.numbers.map(({ column, impute, shift, mean, scale, thresholds, isFlagged }, index) => {
      const at = thresholdsAt;
      thresholdsAt += thresholds.length;
      const flag = isFlagged ? flagsAt++ : -1;
      const values = columns[column];
      const [instead, centre, factor] = [Math.fround(impute), Math.fround(mean), Math.fround(scale)];
      const edges = thresholds.map(Math.fround);
      return { values, shift, instead, centre, factor, edges, index, flag, at };
    });
    return (row, put) => {
      for (const { values, shift, instead, centre, factor, edges, index, flag, at } of each) {
        const raw = Math.fround(shifted(Number(values?.[row] ?? Number.NaN), shift));
        const isMissing = Number.isNaN(raw);
        const value = isMissing ? instead : raw;
        put(index, Math.fround(value - centre) * factor);
        if (isMissing && flag >= 0) put(flag, 1);
        for (let edge = 0; edge < edges.length; edge++) if (value > (edges[edge] ?? 0)) put(at + edge, 1);
      }
    };
  },
  nodes(graph, step) {
    const names = step.numbers.map((one) => numberNode(graph, one));
    const raw =
      names.length === 1 ? graph.add('Identity', names) : graph.add('Concat', names, { axis: int(1) });
    const imputed = graph.add(
      'Imputer',
      [raw],
      {
        imputed_value_floats: floats(step.numbers.map(({ impute }) => impute)),
        replaced_value_float: { kind: 'float', value: Number.NaN },
      },
      'ai.onnx.ml',
    );
    const scaled = graph.add(
      'Scaler',
      [imputed],
      {
        offset: floats(step.numbers.map(({ mean }) => mean)),
        scale: floats(step.numbers.map(({ scale }) => scale)),
      },
      'ai.onnx.ml',
    );
    const places = step.numbers.flatMap(({ isFlagged }, place) => (isFlagged ? [place] : []));
    const mayMiss = (): string =>
      places.length === step.numbers.length
        ? raw
        : graph.add('Gather', [raw, graph.constant('int64', [places.length], places)], { axis: int(1) });
    const missing =
      places.length === 0 ? [] : [graph.add('Cast', [graph.add('IsNaN', [mayMiss()])], { to: int(1) })];
    const blocks = [scaled, ...missing, ...aboveNodes(graph, step, imputed)];
    return blocks.length === 1 ? scaled : graph.add('Concat', blocks, { axis: int(1) });
  },
});

/** Each number as often as it has thresholds, all compared at once; nothing where there are none. */
function aboveNodes(graph: GraphBuilder, step: NumbersStep, imputed: string): readonly string[] {
  const edges = step.numbers.flatMap(({ thresholds }) => thresholds);
  if (edges.length === 0) return [];
  const places = step.numbers.flatMap(({ thresholds }, index) => thresholds.map(() => index));
  const repeated = graph.add('Gather', [imputed, graph.constant('int64', [places.length], places)], {
    axis: int(1),
  });
  const limits = graph.constant('float32', [1, edges.length], Float32Array.from(edges));
  return [graph.add('Cast', [graph.add('Greater', [repeated, limits])], { to: int(1) })];
}

const flagged = ({ numbers: all }: NumbersStep): readonly NumberColumn[] =>
  all.filter(({ isFlagged }) => isFlagged);

function learnColumn(column: string, values: Float64Array, hasThresholds: boolean): NumberColumn {
  const raw = values.filter((value) => !Number.isNaN(value)).sort();
  const shift = shiftOf(raw);
  const present = shift ? raw.map((value) => shifted(value, shift)) : raw;
  const impute = quantile(present, 0.5);
  const { mean, deviation } = meanAndDeviation(
    values.map((value) => (Number.isNaN(value) ? impute : shifted(value, shift))),
  );
  const isFine = hasThresholds && new Set(present).size >= MIN_DISTINCT_FOR_THRESHOLDS;
  const edges = isFine ? THRESHOLD_QUANTILES.map((share) => Math.fround(quantile(present, share))) : [];
  return {
    column,
    impute,
    ...(shift ? { shift } : {}),
    mean,
    scale: deviation > 0 ? 1 / deviation : 1,
    isFlagged: raw.length < values.length,
    thresholds: [...new Set(edges)],
  };
}
