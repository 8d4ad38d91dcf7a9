import { describe, expect, it } from 'vitest';
import { explain } from '../transform/explain.ts';
import { tensor } from './create.ts';
import { conv2d } from './functions.ts';
import { inPanels } from './panels.ts';
import type { Tensor } from './tensor.ts';

const values = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898 + seed));

describe('inPanels', () => {
  it.each([
    [1, 5, 8],
    [7, 3, 16],
    [50, 33, 24],
    [130, 600, 40],
    [3, 4, 7],
  ])('multiplies %i rows by [%i, %i] as the matrix itself does', async (m, k, n) => {
    const left = tensor(values(m * k, 1), { shape: [m, k] });
    const right = tensor(values(k * n, 2), { shape: [k, n] });
    const wanted = await left.matmul(right).add(1).relu().data();
    expect(await left.matmul(inPanels(right)).add(1).relu().data()).toEqual(wanted);
  });

  it.each([[[130, 24]], [[1, 130, 24]], [[2, 65, 24]]])(
    'is read as it lies by rows of the shape %j',
    (shape) => {
      const laid = inPanels(tensor(values(24 * 16, 3), { shape: [24, 16] }));
      const product = (x: Tensor): Tensor => x.matmul(laid).add(tensor(values(16, 4), { shape: [16] }));
      const text = String(explain(product, tensor(values(130 * 24, 5), { shape })));
      expect(text).toMatch(/matmul \[130, 24\] x \[24, 16\]/);
      // Nothing is laid out anew.
      expect(text).not.toMatch(/elementwise/);
    },
  );

  it('keeps the matrix', async () => {
    const matrix = tensor(values(5 * 16, 3), { shape: [5, 16] });
    const laid = inPanels(matrix);
    expect(laid.shape).toEqual([5, 16]);
    expect(await laid.data()).toEqual(await matrix.data());
  });

  it('is the weight of a convolution after a reshape', async () => {
    const x = tensor(values(2 * 9 * 9 * 3, 4), { shape: [2, 9, 9, 3] });
    const weight = tensor(values(3 * 3 * 3 * 16, 5), { shape: [3, 3, 3, 16] });
    const laid = inPanels(weight.reshape([27, 16])).reshape([3, 3, 3, 16]);
    const wanted = await conv2d(x, weight, { padding: 'same' }).data();
    expect(await conv2d(x, laid, { padding: 'same' }).data()).toEqual(wanted);
  });
});
