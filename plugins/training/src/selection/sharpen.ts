import type { Task } from '@trestle/contracts';
import type { GraphPart } from '@trestle/onnx';

/** So far from 0 and 1 float32 still tells probabilities from them. */
const LEAST = 1e-6;
/**
 * Of fewer rows folds are small, and the round that was best on each of them flatters: of two tables of 156 and 426 rows probabilities
 * became so sure that the log loss of new rows rose by 9 to 40 %.
 */
const FEWEST_ROWS = 1_000;
/** How much less or more sure probabilities may become. */
const [BLUNTEST, SHARPEST] = [0.25, 4];
/** The golden ratio's share: each step leaves so much of the interval. */
const STEP = (Math.sqrt(5) - 1) / 2;
const STEPS = 30;
/** Twice the logarithm of how much likelier rows must be than without: the chi-square of one degree at 5 % (Wilks 1938). */
const SIGNIFICANT = 3.84;

const clipped = (probability: number): number => Math.min(1 - LEAST, Math.max(LEAST, probability));

/**
 * Probabilities whose logits are multiplied by a number: above 1 surer, below 1 less sure, in the same order (temperature scaling,
 * Guo et al. 2017).
 *
 * @param scores [rows, outputs]; of two classes the probability of the second
 */
export function sharpened(scores: Float64Array, outputs: number, by: number): Float64Array {
  if (by === 1) return scores;
  if (outputs === 1)
    return scores.map((score) => {
      const probability = clipped(score);
      return 1 / (1 + ((1 - probability) / probability) ** by);
    });
  const powers = scores.map((score) => clipped(score) ** by);
  for (let row = 0; row < powers.length; row += outputs) {
    let sum = 0;
    for (let at = row; at < row + outputs; at++) sum += powers[at] ?? 0;
    for (let at = row; at < row + outputs; at++) powers[at] = (powers[at] ?? 0) / sum;
  }
  return powers;
}

/**
 * By how much probabilities are best sharpened: means of several models are less sure than they may be, as they err in different
 * rows. 1 where that is not significantly better on these rows, or they are few. One number hardly fits chance in many rows, so those
 * that chose may say it.
 *
 * @param loss the mean log loss, which is convex in it
 */
export function sharpness(
  task: Task,
  scores: Float64Array,
  outputs: number,
  loss: (scores: Float64Array) => number,
): number {
  if (task === 'regression' || scores.length / outputs < FEWEST_ROWS) return 1;
  const lossOf = (logarithm: number): number => loss(sharpened(scores, outputs, Math.exp(logarithm)));
  let [low, high] = [Math.log(BLUNTEST), Math.log(SHARPEST)];
  for (let step = 0; step < STEPS; step++) {
    const [a, b] = [high - STEP * (high - low), low + STEP * (high - low)];
    if (lossOf(a) <= lossOf(b)) high = b;
    else low = a;
  }
  const found = (low + high) / 2;
  const likelier = 2 * (scores.length / outputs) * (loss(scores) - lossOf(found));
  return likelier > SIGNIFICANT ? Math.exp(found) : 1;
}

/** The same as nodes of a graph, behind what gives probabilities. */
export function sharpenedHead(head: GraphPart, outputs: number, by: number): GraphPart {
  if (by === 1) return head;
  return (graph, design) => {
    const scalar = (value: number): string => graph.constant('float32', [], Float32Array.of(value));
    const exponent = graph.constant('float32', [1], Float32Array.of(by));
    const safe = graph.add('Clip', [head(graph, design), scalar(LEAST), scalar(1 - LEAST)]);
    const logarithm = graph.add('Log', [safe]);
    if (outputs > 1) return graph.add('Softmax', [graph.add('Mul', [logarithm, exponent])]);
    const rest = graph.add('Sub', [graph.constant('float32', [1], Float32Array.of(1)), safe]);
    const logit = graph.add('Sub', [logarithm, graph.add('Log', [rest])]);
    return graph.add('Sigmoid', [graph.add('Mul', [logit, exponent])]);
  };
}
