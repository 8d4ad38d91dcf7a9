import { type random, type Tensor, zeros } from '@trestle/core';
import { heNormal, type InitOptions } from './initialize.ts';

/** Parameters of a dense layer. */
export interface LinearParameters {
  readonly [name: string]: Tensor;
  /** [inputs, outputs] */
  readonly weight: Tensor;
  /** [outputs] */
  readonly bias: Tensor;
}

/** A dense layer's first parameters: weights by `heNormal`, the bias zero. */
export function initLinear(
  key: random.Key,
  inputs: number,
  outputs: number,
  options: InitOptions = {},
): LinearParameters {
  return {
    weight: heNormal(key, [inputs, outputs], inputs, options),
    bias: zeros([outputs], options),
  };
}

/** [..., inputs] -> [..., outputs] */
export const linear = (parameters: LinearParameters, x: Tensor): Tensor =>
  x.matmul(parameters.weight).add(parameters.bias);
