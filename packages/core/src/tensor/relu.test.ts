import { describe, expect, it } from 'vitest';
import { grad } from '../grad/grad.ts';
import { explain } from '../transform/explain.ts';
import { tensor, zeros } from './create.ts';
import type { Tensor } from './tensor.ts';

describe('relu', () => {
  it('has the derivative 1 above 0, and 0 from there down', async () => {
    const slope = grad((x: Tensor) => x.relu().sum())(tensor([-1, 0, 2]));
    expect([...(await slope.data())]).toEqual([0, 0, 1]);
  });
  it('ends a product in training too: what comes in is not kept for its derivative', () => {
    const loss = (w: Tensor): Tensor => zeros([4, 8]).matmul(w).add(1).relu().square().sum();
    const text = String(explain((w: Tensor) => grad(loss)(w), zeros([8, 6])));
    expect(text).toMatch(/matmul \[4, 8\] x \[8, 6\] +computes add, maximum/);
  });
});
