import { type Device, random, type Shape, type Tensor } from '@trestle/core';

/** Where a layer's parameters are made. */
export interface InitOptions {
  /** The default device when left out. */
  readonly device?: Device;
}

/** Normal with variance 2 / inputs, as suits rectified units (He et al. 2015); `inputs` is how many an output is made of. */
export const heNormal = (key: random.Key, shape: Shape, inputs: number, options: InitOptions = {}): Tensor =>
  random.normal(key, shape, options).mul(Math.sqrt(2 / Math.max(1, inputs)));

/** Uniform with variance 2 / (inputs + outputs), which keeps variances in both directions (Glorot and Bengio 2010). */
export function xavierUniform(
  key: random.Key,
  shape: Shape,
  inputs: number,
  outputs: number,
  options: InitOptions = {},
): Tensor {
  const bound = Math.sqrt(6 / Math.max(1, inputs + outputs));
  return random
    .uniform(key, shape, options)
    .mul(2 * bound)
    .sub(bound);
}
