import { describe, expect, it } from 'vitest';
import { grad } from '../grad/grad.ts';
import { explain } from '../transform/explain.ts';
import { zeros } from './create.ts';
import { gelu } from './functions.ts';
import type { Tensor } from './tensor.ts';

describe('gelu', () => {
  it('has a gradient of one kernel: the loss, the polynomials of erf and its derivative are all element-wise', () => {
    const loss = (x: Tensor): Tensor => gelu(x).square().mean();
    expect(String(explain((x: Tensor) => grad(loss)(x), zeros([4, 8])))).toContain('Kernels: 1');
  });
});
