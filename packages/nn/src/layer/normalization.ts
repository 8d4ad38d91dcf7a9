import { ones, type Tensor, zeros } from '@trestle/core';
import { axisLength } from './axis-length.ts';
import type { InitOptions } from './initialize.ts';

/** Parameters of a normalisation: what comes out is stretched and moved by them. */
export interface NormParameters {
  readonly [name: string]: Tensor;
  /** [features] */
  readonly scale: Tensor;
  /** [features] */
  readonly bias: Tensor;
}

/** Mean and variance of each feature over what was seen in training: state beside the parameters, which has no gradient. */
export interface RunningStatistics {
  readonly [name: string]: Tensor;
  /** [features] */
  readonly mean: Tensor;
  /** [features] */
  readonly variance: Tensor;
}

export interface NormOptions {
  /** Added to the variance, against division by zero; 1e-5 when left out. */
  readonly epsilon?: number;
}

const EPSILON = 1e-5;

/** Scale 1 and bias 0, for `layerNorm` and `batchNorm`. */
export const initNorm = (features: number, options: InitOptions = {}): NormParameters => ({
  scale: ones([features], options),
  bias: zeros([features], options),
});

/** Mean 0 and variance 1, for `batchNorm`. */
export const initStatistics = (features: number, options: InitOptions = {}): RunningStatistics => ({
  mean: zeros([features], options),
  variance: ones([features], options),
});

/** Each row to mean 0 and variance 1 over the last axis (Ba et al. 2016): [..., features] -> [..., features]. */
export function layerNorm(
  { scale, bias }: NormParameters,
  x: Tensor,
  { epsilon = EPSILON }: NormOptions = {},
): Tensor {
  const centred = x.sub(x.mean(-1, { keepDims: true }));
  const variance = centred.mul(centred).mean(-1, { keepDims: true });
  return centred.div(variance.add(epsilon).sqrt()).mul(scale).add(bias);
}

/** Each feature by the running statistics, as outside training: [..., features] -> [..., features]. */
export function batchNorm(
  { scale, bias }: NormParameters,
  { mean, variance }: RunningStatistics,
  x: Tensor,
  { epsilon = EPSILON }: NormOptions = {},
): Tensor {
  // One factor and one shift per feature: the large tensor is gone through once.
  const factor = scale.div(variance.add(epsilon).sqrt());
  return x.mul(factor).add(bias.sub(mean.mul(factor)));
}

/**
 * Each feature to mean 0 and variance 1 over the batch and all positions (Ioffe and Szegedy 2015), and the running statistics
 * moved towards the batch's by the share `momentum` (0.1 when left out). They keep the variance of a sample, divided by one less.
 *
 * @example const { output, statistics } = batchNormTraining(parameters, before, x);
 */
export function batchNormTraining(
  parameters: NormParameters,
  statistics: RunningStatistics,
  x: Tensor,
  { momentum = 0.1, ...options }: NormOptions & { readonly momentum?: number } = {},
): { readonly output: Tensor; readonly statistics: RunningStatistics } {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const count = x.size / Math.max(1, axisLength(x, -1, 'batchNormTraining: an input'));
  const [mean, variance] = [x.mean(axes), x.variance(axes)];
  const moved = (running: Tensor, seen: Tensor): Tensor => running.mul(1 - momentum).add(seen.mul(momentum));
  return {
    output: batchNorm(parameters, { mean, variance }, x, options),
    statistics: {
      mean: moved(statistics.mean, mean),
      variance: moved(statistics.variance, variance.mul(count / Math.max(1, count - 1))),
    },
  };
}
