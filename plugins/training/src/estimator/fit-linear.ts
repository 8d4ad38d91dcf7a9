import type { Design, Fit, Task } from '@trestle/contracts';
import { type DenseLayer, denseLayers } from '@trestle/model';
import { breathe } from '../breathe.ts';
import { activate, applyDense } from './apply-dense.ts';

export interface LinearOptions {
  readonly task: Task;
  readonly targets: Float64Array;
  /** How much each row's loss counts; all alike when left out. */
  readonly weights?: Float64Array | undefined;
  readonly outputs: number;
  /** Half of this times the sum of squared weights is added to the sum of the rows' losses; the bias is free. */
  readonly penalty: number;
  readonly signal: AbortSignal;
  /** Called behind each step with the mean loss. */
  readonly onStep?: (step: number, loss: number) => void;
}

const MAX_STEPS = 300;
/** How long may be computed before heartbeats, requests and Ctrl-C get through. */
const YIELD_MS = 200;
const YIELD_ROWS = 1_024;
const MEMORY = 10;
/** Of the mean loss per row; the optimum is unique, so this alone says how near it is. */
const GRADIENT_TOLERANCE = 1e-6;
const SUFFICIENT_DECREASE = 1e-4;

/** The estimator: what is fitted has an optimum and no rounds, so that validation is asked once. */
export const fitLinearModel: Fit<{ readonly penalty: number }> = async (design, { penalty }, options) => {
  const { task, targets, weights, outputs, signal, validation, onRound } = options;
  const { layer, steps, stopped } = await fitLinear(design, {
    task,
    targets,
    weights,
    outputs,
    penalty,
    signal,
    onStep: (step, loss) => onRound(step / MAX_STEPS, { step, loss }),
  });
  const predict = (of: Design): Float32Array => activate(task, applyDense([layer], of), outputs);
  validation?.judge(predict(validation.design));
  const notes =
    stopped === 'steps' ? [`The linear fit ended after ${steps} steps, before it was at its optimum.`] : [];
  return { rounds: 1, predict, head: denseLayers([layer], task), notes };
};

export interface LinearFit {
  readonly layer: DenseLayer;
  readonly steps: number;
  /** `optimum`: the loss is flat; `precision`: no step lowers it any more; `steps`: it ended before it was there. */
  readonly stopped: 'optimum' | 'precision' | 'steps';
}

/**
 * Fits a linear model to its optimum: logistic, softmax or least squares with an L2 penalty, by L-BFGS (Liu and Nocedal 1989)
 * with backtracking. The same data gives the same weights; there is no chance in it. Needs rows x width numbers and, of them,
 * those that are not zero once more. Ends after `MAX_STEPS` steps at the latest, and at once when its signal aborts.
 */
export async function fitLinear(data: Design, options: LinearOptions): Promise<LinearFit> {
  const { width } = data;
  const { outputs } = options;
  const objective = await objectiveOf(data, options);
  let weights = new Float64Array((width + 1) * outputs);
  let { loss, gradient } = await objective(weights);
  const history: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  let stopped: LinearFit['stopped'] = 'steps';
  let step = 0;
  for (; step < MAX_STEPS; step++) {
    if (gradient.every((slope) => Math.abs(slope) <= GRADIENT_TOLERANCE)) {
      stopped = 'optimum';
      break;
    }
    await breathe(options.signal);
    const direction = descent(gradient, history);
    const slope = dot(direction, gradient);
    let length = step === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let next = moved(weights, direction, length);
    let found = await objective(next);
    while (!(found.loss <= loss + SUFFICIENT_DECREASE * length * slope) && length > 1e-12) {
      length /= 2;
      next = moved(weights, direction, length);
      found = await objective(next);
    }
    // No step goes down any more: this is as near as the numbers allow.
    if (!(found.loss < loss)) {
      stopped = 'precision';
      break;
    }
    const s = next.map((value, index) => value - (weights[index] ?? 0));
    const y = found.gradient.map((value, index) => value - (gradient[index] ?? 0));
    const curvature = dot(s, y);
    if (curvature > 1e-16) history.push({ s, y, rho: 1 / curvature });
    if (history.length > MEMORY) history.shift();
    weights = next;
    ({ loss, gradient } = found);
    options.onStep?.(step + 1, loss);
  }
  return {
    layer: {
      weights: Float32Array.from(weights.subarray(0, width * outputs)),
      bias: Float32Array.from(weights.subarray(width * outputs)),
      activation: 'none',
    },
    steps: step,
    stopped,
  };
}

/** The two-loop recursion: minus the gradient, bent by what was seen of the curvature. */
function descent(
  gradient: Float64Array,
  history: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[],
): Float64Array {
  let q = Float64Array.from(gradient);
  const alphas: number[] = [];
  for (const { s, y, rho } of history.toReversed()) {
    const alpha = rho * dot(s, q);
    alphas.unshift(alpha);
    q = moved(q, y, -alpha);
  }
  const last = history.at(-1);
  if (last) {
    const curvature = last.rho * dot(last.y, last.y);
    q = q.map((value) => value / curvature);
  }
  for (const [index, { s, y, rho }] of history.entries())
    q = moved(q, s, (alphas[index] ?? 0) - rho * dot(y, q));
  return q.map((value) => -value);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return sum;
}

/** A loop: what `Float64Array.from` makes of a function takes ten times as long, and this is most of the work of wide data. */
function moved(from: Float64Array, direction: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(from.length);
  for (let index = 0; index < to.length; index++)
    to[index] = (from[index] ?? 0) + length * (direction[index] ?? 0);
  return to;
}

/** The mean loss with its penalty, and its gradient, for weights [width, outputs] followed by a bias per output. */
async function objectiveOf(
  data: Design,
  { task, targets, weights: counts, outputs, penalty, signal }: LinearOptions,
) {
  const { width } = data;
  const { rows } = data;
  const sparse = await sparseRows(data, signal);
  const biasAt = width * outputs;
  const scores = new Float64Array(outputs);
  return async (weights: Float64Array): Promise<{ loss: number; gradient: Float64Array }> => {
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
