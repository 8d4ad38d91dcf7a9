import type { Design, Fit } from '@trestle/contracts';
import { type GraphPart, int } from '@trestle/onnx';
import { breathe } from '../breathe.ts';
import { checkNaiveBayes, type NaiveBayesSettings } from './naive-bayes.ts';

/** Of the largest variance of a column, added to each: a column that is constant in a class is no proof (as scikit-learn has it). */
const LEAST_VARIANCE = 1e-9;

/** The logarithm of each class's density, up to what all have in common, is a sum over the columns that are known. */
interface Sums {
  readonly classes: number;
  /** Of each class: the logarithm of its share. */
  readonly priors: Float64Array;
  /** Columns of numbers, and what is taken off them, so that squares do not eat digits. */
  readonly numbers: readonly number[];
  readonly middles: Float64Array;
  /** [numbers, classes]: of the square, of the number, and alone where it is known. */
  readonly squares: Float64Array;
  readonly slopes: Float64Array;
  readonly constants: Float64Array;
  /** Columns of categories, where the places of each begin in the table, and the table: [places, classes]. */
  readonly categories: readonly { readonly column: number; readonly places: number; readonly from: number }[];
  readonly table: Float64Array;
}

/** Counts and moments, in one pass over the rows; what is missing has no part in a sum, neither here nor in a prediction. */
export const fitNaiveBayes: Fit<NaiveBayesSettings> = async (design, settings, options) => {
  checkNaiveBayes(settings);
  const { targets, weights, outputs, signal, validation, onRound } = options;
  await breathe(signal);
  const classes = Math.max(2, outputs);
  const sums = sumsOf(design, targets, weights, classes, settings.smoothing);
  onRound(1, {});
  const predictions = (of: Design): Float32Array => predict(sums, of);
  validation?.judge(predictions(validation.design));
  return { rounds: 1, predict: predictions, head: headOf(sums) };
};

function sumsOf(
  { matrix, width, rows, categories = [] }: Design,
  targets: Float64Array,
  weights: Float64Array | undefined,
  classes: number,
  smoothing: number,
): Sums {
  const weightOf = (row: number): number => weights?.[row] ?? 1;
  const totals = new Float64Array(classes);
  for (const [row, target] of targets.entries()) totals[target] = (totals[target] ?? 0) + weightOf(row);
  const total = totals.reduce((a, b) => a + b, 0);
  const columns = Array.from({ length: width }, (_, column) => column);
  const numbers = columns.filter((column) => !categories[column]);
  const middles = Float64Array.from(numbers, (column) => momentsOf(column, () => true).mean);
  /** Weighted mean and variance of the known numbers of a column, of some rows. */
  function momentsOf(column: number, isMeant: (row: number) => boolean, middle = 0) {
    let [count, sum] = [0, 0];
    for (let row = 0; row < rows; row++) {
      const value = matrix[row * width + column] ?? Number.NaN;
      if (Number.isNaN(value) || !isMeant(row)) continue;
      count += weightOf(row);
      sum += weightOf(row) * (value - middle);
    }
    const mean = count > 0 ? sum / count : 0;
    let squares = 0;
    for (let row = 0; row < rows; row++) {
      const value = matrix[row * width + column] ?? Number.NaN;
      if (!Number.isNaN(value) && isMeant(row)) squares += weightOf(row) * (value - middle - mean) ** 2;
    }
    return { count, mean, variance: count > 0 ? squares / count : 0 };
  }
  const whole = numbers.map((column, at) => momentsOf(column, () => true, middles[at]));
  // Where all columns are constant the largest is 0, and what is divided by it no number: any that is not is as good.
  const least = LEAST_VARIANCE * Math.max(0, ...whole.map(({ variance }) => variance)) || 1;
  const perClass = (of: (at: number, one: number) => number): Float64Array =>
    Float64Array.from({ length: numbers.length * classes }, (_, i) =>
      of(Math.floor(i / classes), i % classes),
    );
  const moments = numbers.map((column, at) =>
    Array.from({ length: classes }, (_, one) => {
      const own = momentsOf(column, (row) => targets[row] === one, middles[at]);
      // A class that never knew the column says of it what all say.
      return own.count > 0 ? own : (whole[at] ?? own);
    }),
  );
  const of = (at: number, one: number) => {
    const { mean = 0, variance = 0 } = moments[at]?.[one] ?? {};
    return { mean, variance: variance + least };
  };
  const counted = columns.flatMap((column) => {
    const places = categories[column] ?? 0;
    return places > 0 ? [{ column, places }] : [];
  });
  let from = 0;
  const ofCategories = counted.map((one) => {
    const placed = { ...one, from };
    from += one.places;
    return placed;
  });
  const table = new Float64Array(from * classes);
  for (const { column, places, from: begin } of ofCategories) {
    const counts = new Float64Array(places * classes);
    const known = new Float64Array(classes);
    for (let row = 0; row < rows; row++) {
      const place = matrix[row * width + column] ?? Number.NaN;
      const target = targets[row] ?? 0;
      if (!(place >= 0 && place < places)) continue;
      counts[place * classes + target] = (counts[place * classes + target] ?? 0) + weightOf(row);
      known[target] = (known[target] ?? 0) + weightOf(row);
    }
    for (let place = 0; place < places; place++)
      for (let one = 0; one < classes; one++)
        table[(begin + place) * classes + one] = Math.log(
          ((counts[place * classes + one] ?? 0) + smoothing) / ((known[one] ?? 0) + smoothing * places),
        );
  }
  return {
    classes,
    priors: totals.map((count) => Math.log(Math.max(count, Number.MIN_VALUE) / total)),
    ...{ numbers, middles, categories: ofCategories, table },
    squares: perClass((at, one) => -0.5 / of(at, one).variance),
    slopes: perClass((at, one) => of(at, one).mean / of(at, one).variance),
    constants: perClass((at, one) => {
      const { mean, variance } = of(at, one);
      return -0.5 * (Math.log(2 * Math.PI * variance) + mean ** 2 / variance);
    }),
  };
}

function predict(sums: Sums, { matrix, width, rows }: Design): Float32Array {
  const { classes, priors, numbers, middles, squares, slopes, constants, categories, table } = sums;
  const outputs = classes === 2 ? 1 : classes;
  const out = new Float32Array(rows * outputs);
  const score = new Float64Array(classes);
  for (let row = 0; row < rows; row++) {
    score.set(priors);
    for (const [at, column] of numbers.entries()) {
      const x = (matrix[row * width + column] ?? Number.NaN) - (middles[at] ?? 0);
      if (Number.isNaN(x)) continue;
      for (let one = 0; one < classes; one++) {
        const i = at * classes + one;
        score[one] =
          (score[one] ?? 0) + x * x * (squares[i] ?? 0) + x * (slopes[i] ?? 0) + (constants[i] ?? 0);
      }
    }
    for (const { column, places, from } of categories) {
      const place = matrix[row * width + column] ?? Number.NaN;
      if (!(place >= 0 && place < places)) continue;
      for (let one = 0; one < classes; one++)
        score[one] = (score[one] ?? 0) + (table[(from + place) * classes + one] ?? 0);
    }
    const most = score.reduce((a, b) => Math.max(a, b));
    const shares = score.map((value) => Math.exp(value - most));
    const sum = shares.reduce((a, b) => a + b);
    if (outputs === 1) out[row] = (shares[1] ?? 0) / sum;
    else for (let one = 0; one < classes; one++) out[row * outputs + one] = (shares[one] ?? 0) / sum;
  }
  return out;
}

/** The same in nodes, in float64: the sums over numbers are three products, those over categories rows of a table. */
const headOf =
  (sums: Sums): GraphPart =>
  (graph, input) => {
    const { classes, priors, numbers, middles, squares, slopes, constants, categories, table } = sums;
    const { add, constant } = graph;
    const [FLOAT, INT64, DOUBLE] = [int(1), int(7), int(11)];
    const double = (value: number): string => constant('float64', [], Float64Array.of(value));
    const columnsOf = (columns: readonly number[]): string =>
      add('Cast', [add('Gather', [input, constant('int64', [columns.length], columns)], { axis: int(1) })], {
        to: DOUBLE,
      });
    let scores = constant('float64', [1, classes], priors);
    if (numbers.length > 0) {
      const raw = columnsOf(numbers);
      const isUnknown = add('IsNaN', [raw]);
      const centred = add('Sub', [raw, constant('float64', [numbers.length], middles)]);
      const x = add('Where', [isUnknown, double(0), centred]);
      const known = add('Cast', [add('Not', [isUnknown])], { to: DOUBLE });
      const product = (values: string, weights: Float64Array): string =>
        add('MatMul', [values, constant('float64', [numbers.length, classes], weights)]);
      for (const part of [
        product(add('Mul', [x, x]), squares),
        product(x, slopes),
        product(known, constants),
      ])
        scores = add('Add', [scores, part]);
    }
    if (categories.length > 0) {
      const count = categories.length;
      const raw = columnsOf(categories.map(({ column }) => column));
      const list = (of: (one: (typeof categories)[number]) => number): string =>
        constant('float64', [count], Float64Array.from(categories, of));
      // What is no place, as what is missing, has a row of zeros behind the table's last.
      const isKnown = add('And', [
        add('GreaterOrEqual', [raw, double(0)]),
        add('Less', [raw, list(({ places }) => places)]),
      ]);
      const nowhere = table.length / classes;
      const place = add('Where', [isKnown, add('Add', [raw, list(({ from }) => from)]), double(nowhere)]);
      const whole = Float64Array.from([...table, ...new Float64Array(classes)]);
      const rows = add('Gather', [
        constant('float64', [nowhere + 1, classes], whole),
        add('Cast', [place], { to: INT64 }),
      ]);
      const sum = add('ReduceSum', [rows, constant('int64', [1], [1])], { keepdims: int(0) });
      scores = add('Add', [scores, sum]);
    }
    const shares = add('Softmax', [scores], { axis: int(1) });
    const wanted =
      classes === 2 ? add('Gather', [shares, constant('int64', [1], [1])], { axis: int(1) }) : shares;
    return add('Cast', [wanted], { to: FLOAT });
  };
