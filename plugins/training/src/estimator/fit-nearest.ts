import type { Design, Fit } from '@trestle/contracts';
import { random } from '@trestle/core';
import { type GraphPart, int } from '@trestle/onnx';
import { breathe } from '../breathe.ts';
import { checkNearest, type NearestSettings } from './nearest.ts';

/** Each prediction looks at all rows, and the model holds them: so many, and so many numbers, are some MB and some milliseconds. */
const MOST_ROWS = 10_000;
const MOST_NUMBERS = 4_000_000;
const CHUNK_ROWS = 64;
/** Distances below this share of how far rows lie from the middle are rounding: such rows are equal. */
const EQUAL = 1e-12;

interface Kept {
  readonly rows: number;
  readonly width: number;
  /** Column by column: most numbers of a row are zeros, of categories that it is not of, and have no part in a product. */
  readonly columns: Float64Array;
  /** Squares of the lengths of the rows. */
  readonly lengths: Float64Array;
  /** What each row was: [rows, outputs]. */
  readonly targets: Float32Array;
  readonly outputs: number;
}

/**
 * Keeps the rows. Distances are Euclidean on the scaled columns, in float64: the graph and this program find the same neighbours, and of
 * equally near ones those that came first. Predicting takes rows x width steps a row.
 */
export const fitNearest: Fit<NearestSettings> = async (design, settings, options) => {
  const { task, targets, outputs, seed, signal, validation, onRound } = options;
  checkNearest(settings);
  await breathe(signal);
  const most = Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_NUMBERS / design.width)));
  const places =
    design.rows > most
      ? random.permutation(random.key(seed), design.rows).slice(0, most).toSorted()
      : Int32Array.from({ length: design.rows }, (_, row) => row);
  const kept = keep(design, places, task === 'multiclass' ? oneHot(targets, outputs) : targets, outputs);
  const neighbours = Math.min(settings.neighbours, kept.rows);
  if (validation) {
    const predictions = new Float32Array(validation.design.rows * outputs);
    for (let from = 0; from < validation.design.rows; from += CHUNK_ROWS) {
      await breathe(signal);
      onRound((from + 1) / (validation.design.rows + 1), {});
      predictInto(kept, validation.design, from, neighbours, settings.weights, predictions);
    }
    validation.judge(predictions);
  }
  return {
    rounds: 1,
    predict(of) {
      const predictions = new Float32Array(of.rows * outputs);
      for (let from = 0; from < of.rows; from += CHUNK_ROWS)
        predictInto(kept, of, from, neighbours, settings.weights, predictions);
      return predictions;
    },
    head: headOf(kept, neighbours, settings.weights),
    notes: [
      `The model holds ${kept.rows} rows of the training data, scaled: whoever has the model can read them.`,
      ...(neighbours < settings.neighbours
        ? [
            `${settings.neighbours} neighbours were asked for, and there are ${kept.rows} rows: each answer is of all of them.`,
          ]
        : []),
      ...(kept.rows < design.rows
        ? [
            `Of ${design.rows} rows ${kept.rows} are kept, drawn by the seed: more would be slow to predict with.`,
          ]
        : []),
    ],
  };
};

function oneHot(targets: Float64Array, outputs: number): Float64Array {
  const all = new Float64Array(targets.length * outputs);
  for (const [row, target] of targets.entries()) all[row * outputs + target] = 1;
  return all;
}

function keep({ matrix, width }: Design, places: Int32Array, targets: Float64Array, outputs: number): Kept {
  const columns = new Float64Array(places.length * width);
  const their = new Float32Array(places.length * outputs);
  const lengths = new Float64Array(places.length);
  for (const [at, row] of places.entries()) {
    for (let column = 0; column < width; column++)
      columns[column * places.length + at] = matrix[row * width + column] ?? 0;
    their.set(targets.subarray(row * outputs, (row + 1) * outputs), at * outputs);
    lengths[at] = squared(matrix, row * width, width);
  }
  return { rows: places.length, width, columns, lengths, targets: their, outputs };
}

function squared(matrix: Float32Array, from: number, width: number): number {
  let sum = 0;
  for (let at = from; at < from + width; at++) sum += (matrix[at] ?? 0) ** 2;
  return sum;
}

/** Predicts up to `CHUNK_ROWS` rows from one on. */
function predictInto(
  kept: Kept,
  of: Design,
  from: number,
  neighbours: number,
  weights: NearestSettings['weights'],
  into: Float32Array,
): void {
  const { rows, width, columns, lengths, targets, outputs } = kept;
  const distances = new Float64Array(rows);
  for (let row = from; row < Math.min(of.rows, from + CHUNK_ROWS); row++) {
    const length = squared(of.matrix, row * width, width);
    const equal = EQUAL * (length + 1);
    distances.fill(0);
    for (let column = 0; column < width; column++) {
      const value = of.matrix[row * width + column] ?? 0;
      if (value === 0) continue;
      const start = column * rows;
      for (let other = 0; other < rows; other++)
        distances[other] = (distances[other] ?? 0) + value * (columns[start + other] ?? 0);
    }
    for (let other = 0; other < rows; other++) {
      const product = distances[other] ?? 0;
      const distance = length - 2 * product + (lengths[other] ?? 0);
      distances[other] = distance <= equal ? 0 : distance;
    }
    const near = smallest(distances, neighbours);
    const isEqual = near.some((other) => distances[other] === 0);
    let sum = 0;
    const mean = new Float64Array(outputs);
    for (const other of near) {
      const distance = distances[other] ?? 0;
      const weight = weights === 'uniform' ? 1 : isEqual ? Number(distance === 0) : 1 / Math.sqrt(distance);
      sum += weight;
      for (let output = 0; output < outputs; output++)
        mean[output] = (mean[output] ?? 0) + weight * (targets[other * outputs + output] ?? 0);
    }
    for (let output = 0; output < outputs; output++) into[row * outputs + output] = (mean[output] ?? 0) / sum;
  }
}

/** The places of the smallest values, the earlier of equal ones first. O(values), and what is put in between others. */
function smallest(values: Float64Array, count: number): readonly number[] {
  const kept: number[] = [];
  for (let place = 0; place < values.length; place++) {
    const value = values[place] ?? 0;
    if (kept.length === count && value >= (values[kept.at(-1) ?? 0] ?? 0)) continue;
    let at = kept.length;
    while (at > 0 && (values[kept[at - 1] ?? 0] ?? 0) > value) at--;
    kept.splice(at, 0, place);
    if (kept.length > count) kept.pop();
  }
  return kept;
}

/** The same in nodes: distances in float64, TopK, and the mean of what those rows were. */
const headOf =
  (kept: Kept, neighbours: number, weights: NearestSettings['weights']): GraphPart =>
  (graph, input) => {
    const { rows, width, columns, lengths, targets, outputs } = kept;
    const { add, constant } = graph;
    const [FLOAT, DOUBLE] = [int(1), int(11)];
    const axis = constant('int64', [1], [1]);
    const double = (value: number): string => constant('float64', [], Float64Array.of(value));
    const x = add('Cast', [input], { to: DOUBLE });
    const others = add('Cast', [constant('float32', [width, rows], Float32Array.from(columns))], {
      to: DOUBLE,
    });
    const products = add('MatMul', [x, others]);
    const length = add('ReduceSum', [add('Mul', [x, x]), axis], { keepdims: int(1) });
    const near = add('Sub', [length, add('Mul', [products, double(2)])]);
    const raw = add('Add', [near, constant('float64', [rows], lengths)]);
    const limit = add('Mul', [add('Add', [length, double(1)]), double(EQUAL)]);
    const distances = add('Where', [add('LessOrEqual', [raw, limit]), double(0), raw]);
    const found = add(
      'TopK',
      [distances, constant('int64', [1], [neighbours])],
      { axis: int(1), largest: int(0), sorted: int(1) },
      '',
      2,
    );
    // [batch, neighbours, outputs]
    const theirs = add('Gather', [constant('float32', [rows, outputs], targets), `${found}_1`], {
      axis: int(0),
    });
    const wide = add('Cast', [theirs], { to: DOUBLE });
    if (weights === 'uniform') {
      const sum = add('ReduceSum', [wide, axis], { keepdims: int(0) });
      return add('Cast', [add('Div', [sum, double(neighbours)])], { to: FLOAT });
    }
    const isEqual = add('Cast', [add('Equal', [found, double(0)])], { to: DOUBLE });
    const count = add('ReduceSum', [isEqual, axis], { keepdims: int(1) });
    const influence = add('Where', [
      add('Greater', [count, double(0)]),
      isEqual,
      add('Reciprocal', [add('Sqrt', [found])]),
    ]);
    const sum = add('ReduceSum', [influence, axis], { keepdims: int(1) });
    const share = add('Unsqueeze', [add('Div', [influence, sum]), constant('int64', [1], [2])]);
    const mean = add('ReduceSum', [add('Mul', [wide, share]), axis], { keepdims: int(0) });
    return add('Cast', [mean], { to: FLOAT });
  };
