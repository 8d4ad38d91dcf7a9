import {
  type ConvolutionOptions,
  conv1d as correlate1d,
  conv2d as correlate2d,
  type random,
  type Tensor,
  zeros,
} from '@trestle/core';
import { heNormal, type InitOptions } from './initialize.ts';

/** Parameters of a convolution. */
export interface ConvolutionParameters {
  readonly [name: string]: Tensor;
  /** [size, channels / groups, outputs], or [height, width, channels / groups, outputs] */
  readonly weight: Tensor;
  /** [outputs] */
  readonly bias: Tensor;
}

export interface ConvolutionInit extends InitOptions {
  readonly groups?: number;
}

/** A convolution's first parameters: weights by `heNormal`, the bias zero. `size` has one number per spatial axis. */
function init(
  key: random.Key,
  size: readonly number[],
  channels: number,
  outputs: number,
  { groups = 1, ...options }: ConvolutionInit,
): ConvolutionParameters {
  const perGroup = channels / groups;
  const inputs = size.reduce((product, length) => product * length, perGroup);
  return {
    weight: heNormal(key, [...size, perGroup, outputs], inputs, options),
    bias: zeros([outputs], options),
  };
}

/** Parameters of `conv1d` with windows of `size` places. */
export const initConv1d = (
  key: random.Key,
  size: number,
  channels: number,
  outputs: number,
  options: ConvolutionInit = {},
): ConvolutionParameters => init(key, [size], channels, outputs, options);

/** Parameters of `conv2d` with windows of `size` x `size` places, or of [height, width]. */
export const initConv2d = (
  key: random.Key,
  size: number | readonly [number, number],
  channels: number,
  outputs: number,
  options: ConvolutionInit = {},
): ConvolutionParameters =>
  init(key, typeof size === 'number' ? [size, size] : size, channels, outputs, options);

/** [n, length, channels] -> [n, positions, outputs], a bias added; options as for `conv1d` of the core. */
export const conv1d = (
  { weight, bias }: ConvolutionParameters,
  x: Tensor,
  options: ConvolutionOptions = {},
): Tensor => correlate1d(x, weight, options).add(bias);

/** [n, height, width, channels] -> [n, rows, columns, outputs], a bias added; options as for `conv2d` of the core. */
export const conv2d = (
  { weight, bias }: ConvolutionParameters,
  x: Tensor,
  options: ConvolutionOptions = {},
): Tensor => correlate2d(x, weight, options).add(bias);
