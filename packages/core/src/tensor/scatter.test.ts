import { describe, expect, it } from 'vitest';
import {
  grad,
  maskedSelect,
  nonzero,
  putAt,
  scatter,
  stack,
  type Tensor,
  takeAt,
  tensor,
  unique,
} from '../index.ts';

const ints = (...values: number[]): Tensor => tensor(Int32Array.from(values));
const list = async (x: Tensor): Promise<number[]> => Array.from(await x.data());

describe('scatter', () => {
  const x = tensor([1, 2, 3, 4]);
  it('keeps the last of several updates of one place, and its gradient', async () => {
    const places = ints(2, 0, 2);
    expect(await list(scatter(x, places, tensor([10, 20, 30])))).toEqual([20, 2, 30, 4]);
    const slope = grad((u: Tensor) =>
      scatter(x, places, u)
        .mul(tensor([1, 2, 3, 4]))
        .sum(),
    )(tensor([10, 20, 30]));
    expect(await list(slope)).toEqual([0, 1, 3]);
    const kept = grad((own: Tensor) =>
      scatter(own, places, tensor([10, 20, 30]))
        .mul(tensor([1, 2, 3, 4]))
        .sum(),
    )(x);
    expect(await list(kept)).toEqual([0, 2, 0, 4]);
  });
  it.each([
    ['add', [1, 2, 3 + 10 + 30, 4 + 20]],
    ['mul', [1, 2, 3 * 10 * 30, 4 * 20]],
    ['max', [1, 2, 30, 20]],
    ['min', [1, 2, 3, 4]],
  ] as const)('folds updates of one place with what is there: %s', async (reduction, wanted) => {
    const result = scatter(x, ints(2, -1, 2), tensor([10, 20, 30]), 0, { reduction });
    expect(await list(result)).toEqual(wanted);
  });
  it('counts negative indices from the end, and leaves those out of range out', async () => {
    expect(await list(scatter(x, ints(-1, 4, -5), tensor([7, 8, 9])))).toEqual([1, 2, 3, 7]);
  });
  it('takes whole numbers, and no updates', async () => {
    const whole = scatter(ints(1, 2), ints(1), ints(2147483647));
    expect([whole.dtype, await list(whole)]).toEqual(['int32', [1, 2147483647]]);
    expect(await list(scatter(x, ints(), tensor([])))).toEqual([1, 2, 3, 4]);
  });
  it('puts NaN and infinities like numbers', async () => {
    const updates = tensor([Number.NaN, Number.NEGATIVE_INFINITY]);
    expect(await list(scatter(x, ints(0, 3), updates))).toEqual([Number.NaN, 2, 3, Number.NEGATIVE_INFINITY]);
  });
  it.each([
    [() => scatter(x, tensor([1]), tensor([1]))],
    [() => scatter(x, ints(1, 2), tensor([1]))],
    [() => takeAt(x, [])],
    [() => takeAt(x, [ints(1), ints(1)])],
    [() => putAt(x, [tensor([1])], tensor([1]))],
  ])('refuses indices that do not fit: %s', (wrong) => {
    expect(wrong).toThrow(expect.objectContaining({ code: 'TRS_CORE_SCATTER' }));
  });
});

describe('what is only known once it is computed', () => {
  // The numbers are those of PyTorch 1.13.
  it('finds what is not zero, NaN too', async () => {
    const x = tensor([
      [0, 2, Number.NaN],
      [-0, 0, -1],
    ]);
    const found = await nonzero(x);
    expect([found.shape, found.dtype, await list(found)]).toEqual([[3, 2], 'int32', [0, 1, 0, 2, 1, 2]]);
    expect((await nonzero(tensor([0, 0]))).shape).toEqual([0, 1]);
    expect((await nonzero(tensor(5))).shape).toEqual([1, 0]);
  });
  it('takes what a mask names, with its gradient', async () => {
    const x = tensor([[1, 2, 3]]);
    const mask = tensor([
      [true, false, true],
      [false, false, true],
    ]);
    expect(await list(await maskedSelect(x, mask))).toEqual([1, 3, 3]);
    expect((await maskedSelect(x, tensor(false))).shape).toEqual([0]);
  });
  it('finds what is different', async () => {
    const { values, inverse, counts, first } = await unique(
      tensor([
        [3, 1, 3],
        [2, 1, -0],
      ]),
    );
    expect(await list(values)).toEqual([-0, 1, 2, 3]);
    expect([inverse.shape, await list(inverse)]).toEqual([
      [2, 3],
      [3, 1, 3, 2, 1, 0],
    ]);
    expect([await list(counts), await list(first)]).toEqual([
      [1, 2, 1, 2],
      [5, 1, 3, 0],
    ]);
    const unsorted = await unique(tensor([3, 1, 3, 2]), { isSorted: false });
    expect(await list(unsorted.values)).toEqual([3, 1, 2]);
    const ofNaN = await unique(tensor([Number.NaN, 1, Number.NaN]));
    expect(await list(ofNaN.values)).toEqual([1, Number.NaN, Number.NaN]);
    expect(await list((await unique(tensor([]))).values)).toEqual([]);
  });
  it('finds different slices', async () => {
    const rows = stack([tensor([2, 1]), tensor([1, 5]), tensor([2, 1])]);
    const { values, inverse, counts } = await unique(rows, { axis: 0 });
    expect([values.shape, await list(values)]).toEqual([
      [2, 2],
      [1, 5, 2, 1],
    ]);
    expect([await list(inverse), await list(counts)]).toEqual([
      [1, 0, 1],
      [1, 2],
    ]);
    const columns = await unique(rows.transpose(), { axis: 1 });
    expect([columns.values.shape, await list(columns.values)]).toEqual([
      [2, 2],
      [1, 2, 5, 1],
    ]);
  });
});
