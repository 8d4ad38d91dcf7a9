import type { OnnxError } from '../onnx-error.ts';
import { around } from '../tensor/places.ts';
import { doublesOf, fromNumbers, integersOf, sizeOf, type Tensor } from '../tensor/tensor.ts';
import { choice, int } from './attributes.ts';
import { op, type Versions } from './definition.ts';

type Fail = (reason: string) => OnnxError;

interface LossOptions {
  readonly ignore_index: number | undefined;
  readonly reduction: 'mean' | 'sum' | 'none';
}

/** The weighted negative logarithm of the target's probability, at each place, summed, or as a weighted mean. */
function negativeLogLikelihood(
  logs: ArrayLike<number>,
  x: Tensor,
  target: Tensor,
  weight: Tensor | undefined,
  { ignore_index: ignored, reduction }: LossOptions,
  fail: Fail,
): Tensor {
  const [n, classes, inner] = around(x.dims, 1);
  if (x.dims.length < 2 || target.dims.join() !== [...x.dims.slice(0, 1), ...x.dims.slice(2)].join())
    throw fail(`targets [${target.dims}] do not fit [${x.dims}]`);
  const weights = weight && doublesOf(weight);
  if (weights && weights.length !== classes)
    throw fail(`${weights.length} weights do not fit ${classes} classes`);
  const targets = integersOf(target);
  const losses = new Float64Array(n * inner);
  let [sum, total] = [0, 0];
  for (let i = 0; i < losses.length; i++) {
    const kind = targets[i] ?? 0;
    if (kind === ignored) continue;
    if (!(kind >= 0 && kind < classes)) throw fail(`a target is ${kind}, and there are ${classes} classes`);
    const own = weights ? (weights[kind] ?? 0) : 1;
    const at = (Math.floor(i / inner) * classes + kind) * inner + (i % inner);
    losses[i] = -(logs[at] ?? 0) * own;
    sum += losses[i] ?? 0;
    total += own;
  }
  if (reduction === 'none') return fromNumbers(x.type, target.dims, losses);
  return fromNumbers(x.type, [], [reduction === 'sum' ? sum : sum / total]);
}

const options = { ignore_index: int(), reduction: choice('mean', 'sum', 'none') };
export const NegativeLogLikelihoodLoss: Versions = {
  12: op('T:float I:index T? -> T', options, ([x, target, weight], given, call) =>
    negativeLogLikelihood(doublesOf(x), x, target, weight, given, call.fail),
  ),
};

export const SoftmaxCrossEntropyLoss: Versions = {
  12: op('T:float I:index T? -> T T', options, ([x, target, weight], given, call) => {
    if (x.dims.length < 2) throw call.fail(`it takes [n, classes, …], not [${x.dims}]`);
    const [n, classes, inner] = around(x.dims, 1);
    const values = doublesOf(x);
    const logs = new Float64Array(sizeOf(x.dims));
    for (let outer = 0; outer < n; outer++)
      for (let lane = 0; lane < inner; lane++) {
        const at = (kind: number): number => (outer * classes + kind) * inner + lane;
        let largest = Number.NEGATIVE_INFINITY;
        for (let kind = 0; kind < classes; kind++) largest = Math.max(largest, values[at(kind)] ?? 0);
        let sum = 0;
        for (let kind = 0; kind < classes; kind++) sum += Math.exp((values[at(kind)] ?? 0) - largest);
        for (let kind = 0; kind < classes; kind++)
          logs[at(kind)] = (values[at(kind)] ?? 0) - largest - Math.log(sum);
      }
    return [
      negativeLogLikelihood(logs, x, target, weight, given, call.fail),
      fromNumbers(x.type, x.dims, logs),
    ];
  }),
};
