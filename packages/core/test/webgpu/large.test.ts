import { beforeAll, expect, it } from 'vitest';
import type { ShaderTarget } from '../../src/codegen/wgsl/program.ts';
import { openWebGpu, type WebGpuDevice } from '../../src/device/webgpu/webgpu-device.ts';
import { arange, concat, jit, type Tensor, tensor } from '../../src/index.ts';
import { describeGpu } from './describe-gpu.ts';

/** Small whole numbers, so that every order of summation gives the same float32. */
const wholes = (length: number, factor: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => ((i * factor) % 7) - 3);

/** Some places of a product, with its edges; all of a large one would take longer than the product itself. */
function expectProduct(
  actual: ArrayLike<number>,
  a: Float32Array,
  b: Float32Array,
  [m, k, n]: readonly [number, number, number],
  finish: (sum: number, column: number) => number = (sum) => sum,
): void {
  expect(actual.length).toBe(m * n);
  const rows = new Set(
    [0, 1, 31, 32, 63, 64, 127, 128, m >> 1, m - 2, m - 1].filter((row) => row >= 0 && row < m),
  );
  for (const row of rows) {
    for (let column = 0; column < n; column++) {
      let sum = 0;
      for (let at = 0; at < k; at++) sum += (a[row * k + at] ?? 0) * (b[at * n + column] ?? 0);
      const got = actual[row * n + column];
      if (got !== finish(sum, column)) expect(got, `row ${row}, column ${column}`).toBe(finish(sum, column));
    }
  }
}

/** An adapter that four workgroups fill, so that large tiles are taken for products that software multiplies soon enough. */
const SMALL_GPU = { isSoftware: false, workgroups: 4 };

const TARGETS: Readonly<Record<string, Partial<ShaderTarget>>> = {
  'this adapter': {},
  'an adapter without subgroups': { subgroups: undefined },
  'a small GPU': SMALL_GPU,
};

for (const [name, target] of Object.entries(TARGETS)) {
  const isGpu = target === SMALL_GPU;
  describeGpu(`large shapes on WebGPU, shaders for ${name}`, () => {
    let device: WebGpuDevice;
    beforeAll(async () => {
      device = await openWebGpu({ target });
      return () => device.close();
    });

    it.each([
      ['the largest tiles, with edges', [260, 20, 252]],
      ['middle tiles, with edges', [132, 36, 124]],
      ['small tiles, split over k', [40, 4_100, 36]],
      ['a long row', [1, 9_000, 100]],
      ['a long column', [100, 9_000, 1]],
    ] as const)('multiplies in %s: %j', async (_, [m, k, n]) => {
      const [a, b, c] = [wholes(m * k, 3), wholes(k * n, 5), wholes(n, 2)];
      const [left, right, bias] = [
        tensor(a, { shape: [m, k], device }),
        tensor(b, { shape: [k, n], device }),
        tensor(c, { device }),
      ];
      const product = left.matmul(right).add(bias).relu();
      expectProduct(await product.data(), a, b, [m, k, n], (sum, column) =>
        Math.max(0, sum + (c[column] ?? 0)),
      );
    });

    it.each([
      ['tiles', [132, 36, 124], 1],
      ['small tiles, split over k', [40, 516, 36], 0],
      ['tiles that read one by one', [67, 35, 37], 0],
    ] as const)('multiplies what lies turned in %s: %j', async (_, [m, k, n], from) => {
      const [a, b] = [wholes(m * k, 3), wholes(k * n, 5)];
      const turned = (values: Float32Array, rows: number, columns: number): Tensor => {
        const over = Float32Array.from({ length: rows * columns }, (_, at) => {
          const [column, row] = [Math.floor(at / rows), at % rows];
          return values[row * columns + column] ?? 0;
        });
        return tensor(over, { shape: [columns, rows], device }).transpose();
      };
      // Software takes long to compile large tiles: there only both at once.
      for (const left of [tensor(a, { shape: [m, k], device }), turned(a, m, k)].slice(from))
        for (const right of [tensor(b, { shape: [k, n], device }), turned(b, k, n)].slice(from))
          expectProduct(await left.matmul(right).data(), a, b, [m, k, n]);
    });

    it.each([
      ['one long sum', 1, 2 ** 21],
      ['few long rows', 5, 2 ** 16],
      ['a length that no part divides', 1, 300_003],
      // On a GPU each row is a workgroup, which software is slow at; elsewhere each is an invocation.
      ['many rows', isGpu ? 300 : 70_001, 33],
    ])('folds %s: %i x %i', async (_, rows, length) => {
      const values = wholes(rows * length, 3);
      const x = tensor(values, { shape: [rows, length], device });
      values[length - 2] = 1_000;
      const y = tensor(values, { shape: [rows, length], device });
      const [sums, largest] = [await x.add(1).sum(1).data(), await y.max(1).data()];
      for (const row of [0, 1, rows >> 1, rows - 2, rows - 1].filter((at) => at >= 0 && at < rows)) {
        let sum = 0;
        for (let at = 0; at < length; at++) sum += (((row * length + at) * 3) % 7) - 2;
        expect(sums[row], `row ${row}`).toBe(sum);
        expect(largest[row], `row ${row}`).toBe(row === 0 ? 1_000 : 3);
      }
    });

    it('folds long columns', async () => {
      const [rows, columns] = [5_001, 67];
      const sums = await tensor(wholes(rows * columns, 3), { shape: [rows, columns], device })
        .sum(0)
        .data();
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        for (let row = 0; row < rows; row++) sum += (((row * columns + column) * 3) % 7) - 3;
        expect(sums[column], `column ${column}`).toBe(sum);
      }
    });

    it('walks millions of elements, in more workgroups than a dimension has', async () => {
      // Nothing lies side by side, so each invocation has one element: 65,592 workgroups of 64.
      const [rows, columns] = [2_003, 2_097];
      const turned = arange(rows * columns, { device })
        .reshape([rows, columns])
        .transpose()
        .add(1);
      const values = await turned.data();
      expect(values.length).toBe(rows * columns);
      for (let at = 0; at < values.length; at += 997) {
        const [column, row] = [Math.floor(at / rows), at % rows];
        expect(values[at], `element ${at}`).toBe(row * columns + column + 1);
      }
      expect(values.at(-1)).toBe(rows * columns);
    });

    it.each([8, 20])('normalises more rows of %i than a dimension has workgroups', async (columns) => {
      // As above: on a GPU rows that are not short are workgroups, and that there may be more is seen on `blocks` itself.
      const rows = isGpu && columns > 16 ? 300 : 66_000;
      const x = tensor(
        Float32Array.from({ length: columns * rows }, (_, i) => (i % columns) * Math.log(2)),
        { shape: [rows, columns], device },
      );
      const values = await x.softmax().data();
      // Powers of two over their sum.
      for (const row of [0, 1, rows >> 1, rows - 2, rows - 1])
        for (let at = 0; at < columns; at++)
          expect(values[row * columns + at]).toBeCloseTo(2 ** at / (2 ** columns - 1), 6);
    });

    it('adds and joins more tensors than a kernel may bind', async () => {
      const parts = Array.from({ length: 40 }, (_, i) => tensor([i, 2 * i], { device }));
      const total = jit((...all: Tensor[]) =>
        all.slice(1).reduce((sum, one) => sum.mul(2).add(one), all[0] ?? tensor(0)),
      );
      let expected = 0;
      for (let i = 1; i < 40; i++) expected = Math.fround(expected * 2 + i);
      expect([...(await total(...parts).data())]).toEqual([expected, 2 * expected]);
      const [first = tensor([0, 0], { device }), ...others] = parts;
      const joined = await concat([first, ...others], 0).data();
      expect([...joined]).toEqual(Array.from({ length: 80 }, (_, i) => (i >> 1) * (1 + (i & 1))));
      // A product whose epilogue wants more than is left.
      const square = tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { device },
      );
      const finished = parts.reduce((sum, one) => sum.add(one), square.matmul(square));
      expect([...(await finished.data())]).toEqual([7 + 780, 10 + 1_560, 15 + 780, 22 + 1_560]);
    });
  });
}
