import { expect, it } from 'vitest';
import { type Tensor, tensor, vjp } from '../../src/index.ts';

it('carries gradients back after the value was read, and more than once', async () => {
  const { value, pullback } = vjp((x: Tensor) => x.mul(x), tensor([1, 2, 3]));
  expect([...(await value.data())]).toEqual([1, 4, 9]);
  for (const scale of [1, 10]) {
    const [gradient] = pullback(tensor([scale, scale, scale]));
    expect([...(await gradient.data())]).toEqual([2 * scale, 4 * scale, 6 * scale]);
  }
});
