import { random, type Tensor, zeros } from '@trestle/core';

/** Parameters of a dense layer. */
export interface LinearParameters {
  readonly [name: string]: Tensor;
  /** [inputs, outputs] */
  readonly weight: Tensor;
  /** [outputs] */
  readonly bias: Tensor;
}

/**
 * A dense layer's first parameters: weights normal with variance 2 / inputs, as suits rectified units (He et al. 2015), the
 * bias zero.
 */
export function initLinear(key: random.Key, inputs: number, outputs: number): LinearParameters {
  return {
    weight: random.normal(key, [inputs, outputs]).mul(Math.sqrt(2 / Math.max(1, inputs))),
    bias: zeros([outputs]),
  };
}

/** [rows, inputs] -> [rows, outputs] */
export const linear = (parameters: LinearParameters, x: Tensor): Tensor =>
  x.matmul(parameters.weight).add(parameters.bias);
