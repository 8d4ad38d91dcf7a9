import type { Design } from '@trestle/contracts';
import { jit, openDevice, type Tensor, tensor } from '@trestle/core';
import { breathe } from '../breathe.ts';
import type { LinearOptions } from './fit-linear.ts';
import type { Objective } from './lbfgs.ts';

/** How long may be computed before heartbeats, requests and Ctrl-C get through. */
const YIELD_MS = 200;
const YIELD_ROWS = 1_024;

/** The mean loss with its penalty, and its gradient, for weights [width, outputs] followed by a bias per output. */
export async function exactObjective(
  data: Design,
  { task, targets, weights: counts, outputs, penalty, signal }: LinearOptions,
): Promise<Objective> {
  const { width } = data;
  const { rows } = data;
  const sparse = await sparseRows(data, signal);
  const biasAt = width * outputs;
  const scores = new Float64Array(outputs);
  return async (weights) => {
    const gradient = new Float64Array(weights.length);
    let loss = 0;
    let since = performance.now();
    for (let row = 0; row < rows; row++) {
      if (row % YIELD_ROWS === 0 && performance.now() - since > YIELD_MS) {
        await breathe(signal);
        since = performance.now();
      }
      const [from, to] = [sparse.starts[row] ?? 0, sparse.starts[row + 1] ?? 0];
      for (let output = 0; output < outputs; output++) {
        let score = weights[biasAt + output] ?? 0;
        for (let at = from; at < to; at++)
          score += (sparse.values[at] ?? 0) * (weights[(sparse.columns[at] ?? 0) * outputs + output] ?? 0);
        scores[output] = score;
      }
      // From here on, `scores` holds the slope of the loss by each score.
      const count = counts?.[row] ?? 1;
      loss += count * slopes(task, scores, targets[row] ?? 0);
      for (let output = 0; output < outputs; output++) {
        const slope = count * (scores[output] ?? 0);
        gradient[biasAt + output] = (gradient[biasAt + output] ?? 0) + slope;
        for (let at = from; at < to; at++) {
          const place = (sparse.columns[at] ?? 0) * outputs + output;
          gradient[place] = (gradient[place] ?? 0) + slope * (sparse.values[at] ?? 0);
        }
      }
    }
    for (let at = 0; at < biasAt; at++) {
      const weight = weights[at] ?? 0;
      loss += 0.5 * penalty * weight * weight;
      gradient[at] = (gradient[at] ?? 0) + penalty * weight;
    }
    return { loss: loss / rows, gradient: gradient.map((slope) => slope / rows) };
  };
}

/** Replaces the scores of a row by the slope of its loss by each of them. @returns the loss */
function slopes(task: LinearOptions['task'], scores: Float64Array, target: number): number {
  const [score = 0] = scores;
  if (task === 'regression') {
    scores[0] = score - target;
    return 0.5 * (score - target) ** 2;
  }
  if (task === 'binary') {
    scores[0] = 1 / (1 + Math.exp(-score)) - target;
    return Math.max(score, 0) - score * target + Math.log1p(Math.exp(-Math.abs(score)));
  }
  const highest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const total = scores.reduce((sum, value) => sum + Math.exp(value - highest), 0);
  const loss = Math.log(total) + highest - (scores[target] ?? 0);
  for (let output = 0; output < scores.length; output++)
    scores[output] = Math.exp((scores[output] ?? 0) - highest) / total - Number(output === target);
  return loss;
}

/** The numbers that are not zero, row by row: most columns of categories are. */
async function sparseRows({ matrix, width, rows }: Design, signal: AbortSignal) {
  const starts = new Int32Array(rows + 1);
  let count = 0;
  await forRows(rows, signal, (row) => {
    for (let at = row * width; at < (row + 1) * width; at++) if (matrix[at] !== 0) count++;
    starts[row + 1] = count;
  });
  const [columns, values] = [new Int32Array(count), new Float64Array(count)];
  let at = 0;
  await forRows(rows, signal, (row) => {
    for (let column = 0; column < width; column++) {
      const value = matrix[row * width + column] ?? 0;
      if (value === 0) continue;
      columns[at] = column;
      values[at++] = value;
    }
  });
  return { columns, values, starts };
}

async function forRows(rows: number, signal: AbortSignal, visit: (row: number) => void): Promise<void> {
  let since = performance.now();
  for (let row = 0; row < rows; row++) {
    if (row % YIELD_ROWS === 0 && performance.now() - since > YIELD_MS) {
      await breathe(signal);
      since = performance.now();
    }
    visit(row);
  }
}

/** Products of fewer numbers than this are done before a kernel is called. */
const FEW_PRODUCTS = 200_000;
/** Where fewer of the numbers are not zero, skipping the zeros is quicker. */
const DENSE_SHARE = 0.04;

/** Whether there is so much to multiply, and so few zeros, that products on the core's kernels are many times as quick. */
export function isDense({ matrix, rows, width }: Design, outputs: number): boolean {
  if (rows * width * outputs < FEW_PRODUCTS) return false;
  let present = 0;
  for (let at = 0; at < matrix.length; at++) present += Number(matrix[at] !== 0);
  return present >= DENSE_SHARE * matrix.length;
}

/**
 * The same with the two products of each step in float32 on the core's kernels: near the optimum its gradient is not exact enough.
 *
 * @param design its columns centred, so that they bend the loss along other directions than the biases do
 */
export async function quickObjective(
  { matrix, rows, width }: Design,
  { task, targets, weights: counts, outputs, penalty }: LinearOptions,
): Promise<Objective> {
  const device = await openDevice('wasm');
  const design = tensor(matrix, { shape: [rows, width], device });
  const scoresOf = jit((x: Tensor, weights: Tensor) => x.matmul(weights));
  const slopesBy = jit((x: Tensor, slopes: Tensor) => x.transpose().matmul(slopes));
  const biasAt = width * outputs;
  const of = new Float64Array(outputs);
  return async (weights) => {
    const plain = Float32Array.from(weights.subarray(0, biasAt));
    const scores = await scoresOf(design, tensor(plain, { shape: [width, outputs], device })).data();
    const gradient = new Float64Array(weights.length);
    let loss = 0;
    for (let row = 0; row < rows; row++) {
      for (let output = 0; output < outputs; output++)
        of[output] = (scores[row * outputs + output] ?? 0) + (weights[biasAt + output] ?? 0);
      const count = counts?.[row] ?? 1;
      loss += count * slopes(task, of, targets[row] ?? 0);
      for (let output = 0; output < outputs; output++) {
        const slope = count * (of[output] ?? 0);
        scores[row * outputs + output] = slope;
        gradient[biasAt + output] = (gradient[biasAt + output] ?? 0) + slope;
      }
    }
    const bySlopes = await slopesBy(design, tensor(scores, { shape: [rows, outputs], device })).data();
    for (let at = 0; at < biasAt; at++) {
      const weight = weights[at] ?? 0;
      loss += 0.5 * penalty * weight * weight;
      gradient[at] = (bySlopes[at] ?? 0) + penalty * weight;
    }
    return { loss: loss / rows, gradient: gradient.map((slope) => slope / rows) };
  };
}

/** How bent a row's loss is by its score, at most: of a probability p it is p(1 - p). */
const BENDS = { regression: 1, binary: 0.25, multiclass: 0.25 } as const;

/** How bent the mean loss is along each weight, and along each bias. O(rows x width) */
export function bendsOf(
  { matrix, rows, width }: Design,
  { task, outputs, penalty }: Pick<LinearOptions, 'task' | 'outputs' | 'penalty'>,
): Float64Array {
  const squares = new Float64Array(width);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < width; column++)
      squares[column] = (squares[column] ?? 0) + (matrix[row * width + column] ?? 0) ** 2;
  const bends = new Float64Array((width + 1) * outputs).fill(BENDS[task]);
  for (let at = 0; at < width * outputs; at++) {
    const square = squares[Math.floor(at / outputs)] ?? 0;
    // A column of zeros without a penalty is not bent at all, and never moved.
    bends[at] = (BENDS[task] * square + penalty) / rows || 1;
  }
  return bends;
}
