import { describe, expect, it } from 'vitest';
import type { Kernel } from '../../schedule/kernel.ts';
import { reclaimer } from '../reclaimer.ts';
import { kernelCache } from './kernel-cache.ts';
import { type Block, linearMemory } from './memory.ts';

/** A product whose rows lie in pairs with a gap, so that they are looked up in a table. */
const product = (rows: number): Kernel => ({
  kind: 'matmul',
  shape: [2 * rows, 8],
  dtype: 'float32',
  batch: 1,
  m: 2 * rows,
  k: 4,
  n: 8,
  a: { shape: [1, rows, 2, 4], strides: [0, 16, 4, 1], offset: 0, split: [1, 3] },
  b: { shape: [1, 4, 8], strides: [0, 8, 1], offset: 0, split: [1, 2] },
});

describe('the cache of kernels', () => {
  it('gives tables and code of kernels back that it does not keep and no plan uses', () => {
    const memory = linearMemory(true);
    const claims = reclaimer<Block>(memory.free);
    const cache = kernelCache({ memory, claims, isShared: true, capacity: 10 });
    const used = product(1_000);
    const held = cache.get(used, 2);
    for (let rows = 3; rows < 200; rows++) cache.get(product(rows), 2).compiled.code();
    const before = memory.use();
    expect(before.blocks).toBeGreaterThan(2 * 190);
    claims.sweep();
    // Two blocks for each of those that are kept, one of the held kernel, and what the engine has yet to let go of.
    expect(memory.use().blocks).toBeLessThanOrEqual(2 * 12 + 1);
    expect(cache.get(used, 2)).toBe(held);
  });
});
