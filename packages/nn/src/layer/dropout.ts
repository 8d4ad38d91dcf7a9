import { random, type Tensor } from '@trestle/core';

/**
 * Sets a share of the elements to zero and scales the others up (Srivastava et al. 2014). For training only.
 *
 * @param rate the share, in [0, 1)
 */
export function dropout(key: random.Key, x: Tensor, rate: number): Tensor {
  if (rate === 0) return x;
  return x.mul(random.uniform(key, x.shape, { device: x.device }).greaterEqual(rate)).div(1 - rate);
}
