import { beforeAll, describe, expect, it } from 'vitest';
import { concat, type Device, grad, jit, tensor as make, type Tensor, where } from '../src/index.ts';
import { expectValues } from './expect-values.ts';

/** Numbers and the halves next to them, by IEEE 754: ties to even, subnormals, the edge to infinity. */
const ROUNDED: readonly (readonly [given: number, half: number])[] = [
  [0, 0],
  [1, 1],
  [-2.5, -2.5],
  [0.1, 0.0999755859375],
  [1 / 3, 0.333251953125],
  [1 + 2 ** -11, 1],
  [1 + 3 * 2 ** -11, 1 + 2 ** -9],
  [-2049, -2048],
  [2051, 2052],
  [65_504, 65_504],
  [65_519, 65_504],
  [65_520, Number.POSITIVE_INFINITY],
  [-1e30, Number.NEGATIVE_INFINITY],
  [2 ** -14, 2 ** -14],
  [2 ** -24, 2 ** -24],
  [1.5 * 2 ** -24, 2 * 2 ** -24],
  [2 ** -25, 0],
  [-1e-10, 0],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
];

/** What every device must do with float16: store it, and compute with what it holds as float32. */
export function halfContract(name: string, open: () => Promise<Device>): void {
  describe(`${name}: float16`, () => {
    let device: Device;
    beforeAll(async () => {
      device = await open();
    });
    const halves = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor =>
      make(Float32Array.from(values), { shape, device }).cast('float16');
    const counted = (length: number): number[] =>
      Array.from({ length }, (_, i) => (i % 17) - 8 + (i % 3) / 4);

    it('rounds to the nearest half, of two to the even one, and beyond the largest to infinity', async () => {
      const values = [...(await halves(ROUNDED.map(([given]) => given)).data())];
      // Zeros are equal whatever their sign.
      expect(values.map((value) => value + 0)).toEqual(ROUNDED.map(([, half]) => half));
    });
    it('keeps NaN', async () => {
      expect(await halves([Number.NaN, 1]).data()).toEqual(Float32Array.of(Number.NaN, 1));
    });
    it.each([1, 2, 3, 4, 5, 7, 8, 63, 130, 1_001])('stores %i elements', async (length) => {
      const x = halves(counted(length));
      expect(x.dtype).toBe('float16');
      expect([...(await x.data())]).toEqual(counted(length));
      // And again, from where it lies now.
      expect([...(await x.data())]).toEqual(counted(length));
    });
    it('reads what it stored through views', async () => {
      const x = halves(counted(42), [6, 7]);
      await x.data();
      const value = (row: number, column: number): number => counted(42)[row * 7 + column] ?? 0;
      const turned = x.transpose();
      await expectValues(
        turned,
        counted(42).map((_, i) => value(i % 6, Math.floor(i / 6))),
      );
      expect(turned.dtype).toBe('float16');
      await expectValues(
        x.slice([
          [1, 4],
          [2, 5],
        ]),
        [1, 2, 3].flatMap((row) => [2, 3, 4].map((column) => value(row, column))),
      );
      await expectValues(
        x
          .slice([[2, 3]])
          .expand([3, 7])
          .reshape([21]),
        [...counted(42).slice(14, 21), ...counted(42).slice(14, 21), ...counted(42).slice(14, 21)],
      );
    });
    it('computes in float32 from what was stored', async () => {
      const x = halves([0.1, 2, -3, 4.5]);
      await x.data();
      const sum = x.add(x);
      expect(sum.dtype).toBe('float32');
      await expectValues(sum, [0.199951171875, 4, -6, 9]);
      await expectValues(x.neg().abs(), [0.0999755859375, 2, 3, 4.5]);
      await expectValues(x.sum(), [3.5999755859375]);
      await expectValues(x.max(), [4.5]);
      await expectValues(x.less(1), [1, 0, 1, 0]);
      await expectValues(x.cast('int32'), [0, 2, -3, 4]);
      await expectValues(where(x.greater(0), x, x.neg()), [0.0999755859375, 2, 3, 4.5]);
      await expectValues(concat([x, x]).sum(), [7.199951171875]);
      await expectValues(x.gather(make(Int32Array.of(3, 0), { device }), 0), [4.5, 0.0999755859375]);
      await expectValues(x.softmax().sum(), [1]);
    });
    it('rounds in the middle of a kernel as it does in memory', async () => {
      const x = make([0.1, 1 / 3, 70_000], { device });
      await expectValues(x.cast('float16').cast('float32').mul(2), [
        0.199951171875,
        0.66650390625,
        Number.POSITIVE_INFINITY,
      ]);
    });
    it('stores what comes from sums, products, integers and conditions', async () => {
      const x = make(Float32Array.from(counted(12)), { shape: [3, 4], device });
      const rows = [0, 1, 2].map((row) => counted(12).slice(4 * row, 4 * row + 4));
      const sums = rows.map((row) => row.reduce((sum, value) => sum + value, 0));
      await expectValues(x.sum(1).cast('float16'), sums);
      const squares = rows.flatMap((a) => rows.map((b) => a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0)));
      await expectValues(
        x.matmul(x.transpose()).cast('float16'),
        squares.map((value) => Math.round(value * 16) / 16),
        2 ** -10,
      );
      await expectValues(make(Int32Array.of(1, -2, 3), { device }).cast('float16'), [1, -2, 3]);
      await expectValues(x.greater(0).cast('float16').sum(), [counted(12).filter((v) => v > 0).length]);
    });
    it.each([
      [
        [3, 5],
        [5, 4],
      ],
      [
        [33, 20],
        [20, 36],
      ],
      [
        [2, 9, 8],
        [2, 8, 12],
      ],
      [
        [1, 40],
        [40, 9],
      ],
    ] as const)('multiplies %j by %j, and adds up in float32', async (left, right) => {
      const size = (shape: readonly number[]): number => shape.reduce((product, one) => product * one, 1);
      const [a, b] = [counted(size(left)), counted(size(right)).reverse()];
      const [exactA, exactB] = [
        make(Float32Array.from(a), { shape: left, device }),
        make(Float32Array.from(b), { shape: right, device }),
      ];
      const expected = [...(await exactA.matmul(exactB).data())];
      const [x, y] = [halves(a, left), halves(b, right)];
      await x.data();
      await expectValues(x.matmul(y), expected);
      await expectValues(exactA.matmul(y), expected);
      const turned = y.transpose(
        [...right.keys()].map((axis, _, all) => (axis < all.length - 2 ? axis : 2 * all.length - 3 - axis)),
      );
      await turned.data();
      const back = turned.transpose(
        [...right.keys()].map((axis, _, all) => (axis < all.length - 2 ? axis : 2 * all.length - 3 - axis)),
      );
      await expectValues(x.matmul(back), expected);
    });
    it('lets gradients through, in float32', async () => {
      const loss = (x: Tensor): Tensor => x.cast('float16').transpose().mul(3).sum();
      const dx = grad(loss)(make([[1, 2, 3]], { device }));
      expect(dx.dtype).toBe('float32');
      await expectValues(dx, [3, 3, 3]);
    });
    it('trains with products of halves and parameters in float32', async () => {
      const x = halves(counted(24), [6, 4]);
      const loss = (w: Tensor): Tensor => x.matmul(w.cast('float16')).sub(1).square().mean();
      const step = jit((w: Tensor) => w.sub(grad(loss)(w).mul(0.01)), { donate: [0] });
      let w = make(new Float32Array(8), { shape: [4, 2], device });
      const before = await loss(w).item();
      for (let i = 0; i < 10; i++) w = step(w);
      expect(await loss(w).item()).toBeLessThan(before * 0.9);
    });
    it('is made of numbers, of constants and of a Float16Array where there is one', async () => {
      await expectValues(make([[0.1], [2]], { dtype: 'float16', device }), [0.0999755859375, 2]);
      const Halves: unknown = Reflect.get(globalThis, 'Float16Array');
      if (typeof Halves !== 'function') return;
      const made = make(Reflect.construct(Halves, [[0.1, 3]]), { device });
      expect(made.dtype).toBe('float16');
      await expectValues(made, [0.0999755859375, 3]);
    });
  });
}
