import { beforeAll, describe, expect, it } from 'vitest';
import {
  averagePool,
  conv2d,
  type Device,
  einsum,
  erf,
  gelu,
  jit,
  lowerTriangle,
  tensor as make,
  maxPool,
  oneHot,
  random,
  stack,
  type Tensor,
  topK,
  upperTriangle,
} from '../src/index.ts';
import { expectValues } from './expect-values.ts';
import { at, indexOf, type Reference, sample, size } from './reference.ts';

/** What composed operations must give on every device, against plain float64 arithmetic. */
export function operationsContract(name: string, open: () => Promise<Device>): void {
  describe(`${name}: operations`, () => {
    let device: Device;
    beforeAll(async () => {
      device = await open();
    });
    const on = ({ shape, values }: Reference): Tensor => make(Float32Array.from(values), { shape, device });
    const ints = (...values: number[]): Tensor => make(Int32Array.from(values), { device });
    /** The values of a shape, each from its index. */
    const built = (shape: readonly number[], value: (index: number[]) => number): number[] =>
      Array.from({ length: size(shape) }, (_, i) => value(indexOf(i, shape)));

    it('flips axes as views, also below other views and in matrix products', async () => {
      const x = sample([3, 4], 31);
      await expectValues(
        on(x).flip(1),
        built([3, 4], ([r = 0, c = 0]) => at(x, [r, 3 - c])),
      );
      await expectValues(
        on(x)
          .transpose()
          .flip()
          .slice([[1, 4]])
          .add(1),
        built([3, 3], ([c = 0, r = 0]) => at(x, [2 - r, 3 - (c + 1)]) + 1),
      );
      await expectValues(
        on(x).flip(0).matmul(on(x).transpose().flip(1)),
        built([3, 3], ([r = 0, c = 0]) =>
          [0, 1, 2, 3].reduce((sum, k) => sum + at(x, [2 - r, k]) * at(x, [2 - c, k]), 0),
        ),
        1e-4,
      );
    });

    it('slides windows over axes, with strides and dilations', async () => {
      const x = sample([7, 9], 32);
      const windows = on(x).windows([
        { axis: 0, size: 3, stride: 2 },
        { axis: 1, size: 2, dilation: 3 },
      ]);
      expect(windows.shape).toEqual([3, 6, 3, 2]);
      const expected = built([3, 6, 3, 2], ([p = 0, q = 0, i = 0, j = 0]) => at(x, [2 * p + i, q + 3 * j]));
      await expectValues(windows, expected);
      await expectValues(
        windows.sum([2, 3]),
        built([3, 6], (index) =>
          built(
            [3, 2],
            (place) =>
              expected[(index[0] ?? 0) * 36 + (index[1] ?? 0) * 6 + (place[0] ?? 0) * 2 + (place[1] ?? 0)] ??
              0,
          ).reduce((a, b) => a + b),
        ),
      );
    });

    it('scans: sums and products so far', async () => {
      const x = sample([3, 5], 33);
      const upTo = (fold: (a: number, b: number) => number): number[] =>
        built([3, 5], ([r = 0, c = 0]) =>
          Array.from({ length: c + 1 }, (_, k) => at(x, [r, k])).reduce((a, b) => fold(a, b)),
        );
      await expectValues(
        on(x).cumsum(1),
        upTo((a, b) => a + b),
      );
      await expectValues(
        on(x).cumprod(),
        upTo((a, b) => a * b),
      );
      await expectValues(
        on(x).prod(0),
        built([5], ([c = 0]) => at(x, [0, c]) * at(x, [1, c]) * at(x, [2, c])),
      );
      await expectValues(ints(1, 2, 3).cumsum(), [1, 3, 6]);
    });

    it('sorts stably along any axis, NaN above all numbers', async () => {
      const x = make([3, 1, Number.NaN, 1, -2], { device });
      await expectValues(x.argsort(), [4, 1, 3, 0, 2]);
      await expectValues(x.argsort(0, { isDescending: true }), [2, 0, 1, 3, 4]);
      await expectValues(
        make(
          [
            [3, 1],
            [1, 2],
          ],
          { device },
        ).sort(0),
        [1, 1, 3, 2],
      );
      const long = sample([2, 300], 34);
      const sorted = [0, 1].flatMap((r) =>
        [...long.values.slice(r * 300, r * 300 + 300)].sort((a, b) => a - b),
      );
      await expectValues(on(long).sort(), sorted, 0);
      const { values, indices } = topK(make([1, 9, 3, 9], { device }), 3);
      await expectValues(values, [9, 9, 3]);
      await expectValues(indices, [1, 3, 2]);
      await expectValues(ints(5, -1, 3).sort(), [-1, 3, 5]);
    });

    it.each([33, 64, 1_000, 5_003])(
      'sorts rows of %i with many equal elements, keeping their order',
      async (length) => {
        const values = Float32Array.from({ length: 2 * length }, (_, i) =>
          i % 97 === 5 ? Number.NaN : ((i * 37) % 23) - 11,
        );
        const places = (row: number, sign: number): number[] => {
          const rank = (i: number): number => {
            const value = values[row * length + i] ?? 0;
            return sign * (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value);
          };
          // JavaScript's sort is stable; two infinities have no difference.
          return Array.from({ length }, (_, i) => i).sort((a, b) =>
            rank(a) === rank(b) ? 0 : rank(a) - rank(b),
          );
        };
        const x = make(values, { shape: [2, length], device });
        await expectValues(x.argsort(1), [...places(0, 1), ...places(1, 1)], 0);
        await expectValues(x.argsort(1, { isDescending: true }), [...places(0, -1), ...places(1, -1)], 0);
      },
    );

    it('takes along an axis, and marks places', async () => {
      const x = sample([2, 3], 35);
      const places = make(Int32Array.of(2, 0, 5, 1), { shape: [2, 2], device });
      await expectValues(on(x).takeAlong(places), [at(x, [0, 2]), at(x, [0, 0]), 0, at(x, [1, 1])]);
      await expectValues(oneHot(ints(1, 0, 7), 2), [0, 1, 1, 0, 0, 0]);
      await expectValues(
        lowerTriangle(
          make(
            [
              [1, 2],
              [3, 4],
            ],
            { device },
          ),
        ),
        [1, 0, 3, 4],
      );
      await expectValues(
        upperTriangle(
          make(
            [
              [1, 2],
              [3, 4],
            ],
            { device },
          ),
          1,
        ),
        [0, 2, 0, 0],
      );
    });

    it('stacks and splits', async () => {
      const x = make([1, 2], { device });
      await expectValues(stack([x, x.mul(10)], 1), [1, 10, 2, 20]);
      const parts = make([1, 2, 3, 4, 5], { device }).split([2, 3]);
      await expectValues(parts[1] ?? x, [3, 4, 5]);
    });

    it('summarises: variance, norms, logSumExp, smallest places', async () => {
      const x = make([[1, 2, 3, 6]], { device });
      await expectValues(x.variance(1), [3.5]);
      await expectValues(x.variance(1, { correction: 1 }), [14 / 3]);
      await expectValues(x.norm(), [Math.sqrt(50)]);
      await expectValues(x.neg().norm(1, { p: 1 }), [12]);
      await expectValues(x.neg().norm(1, { p: Number.POSITIVE_INFINITY }), [6]);
      await expectValues(make([1000, 1000], { device }).logSumExp(), [1000 + Math.log(2)]);
      await expectValues(make([2, 1, 1], { device }).argmin(), [1]);
      await expectValues(make([0, 2], { device }).any(), [1]);
      await expectValues(make([0, 2], { device }).all(), [0]);
    });

    it('has the error function and its kin', async () => {
      const x = make([-5, -1, -0.1, 0, 1e-4, 0.5, 2, 6], { device });
      // From the tables of Abramowitz and Stegun, 7.1.
      const expected = [-1, -0.8427007929, -0.112462916, 0, 1.128379164e-4, 0.5204998778, 0.995322265, 1];
      await expectValues(erf(x), expected, 5e-7);
      await expectValues(
        gelu(make([-1, 0, 1, 3], { device })),
        [-0.1586552539, 0, 0.8413447461, 2.9959503],
        1e-6,
      );
    });

    it('tells NaN from numbers, and clamps', async () => {
      const x = make([Number.NaN, -7, 0.5, Number.POSITIVE_INFINITY], { device });
      await expectValues(x.isNaN(), [1, 0, 0, 0]);
      await expectValues(x.slice([[1, 4]]).clamp(-1, 2), [-1, 0.5, 2]);
    });

    it.each([
      { stride: 1, padding: 0, dilation: 1, groups: 1 },
      { stride: 2, padding: 1, dilation: 1, groups: 1 },
      { stride: 1, padding: 2, dilation: 2, groups: 2 },
      { stride: 2, padding: 1, dilation: 1, groups: 4 },
    ])('convolves as its definition says: %j', async ({ stride, padding, dilation, groups }) => {
      const outputs = groups === 4 ? 4 : 6;
      const [x, w] = [sample([2, 7, 6, 4], 50), sample([3, 2, 4 / groups, outputs], 51)];
      const rows = Math.floor((7 + 2 * padding - dilation * 2 - 1) / stride) + 1;
      const columns = Math.floor((6 + 2 * padding - dilation - 1) / stride) + 1;
      const expected = built([2, rows, columns, outputs], ([n = 0, p = 0, q = 0, o = 0]) => {
        const group = Math.floor(o / (outputs / groups));
        return built([3, 2, 4 / groups], ([i = 0, j = 0, c = 0]) => {
          const [r, s] = [p * stride + i * dilation - padding, q * stride + j * dilation - padding];
          if (r < 0 || r >= 7 || s < 0 || s >= 6) return 0;
          return at(x, [n, r, s, group * (4 / groups) + c]) * at(w, [i, j, c, o]);
        }).reduce((a, b) => a + b);
      });
      const actual = conv2d(on(x), on(w), { stride, padding, dilation, groups });
      expect(actual.shape).toEqual([2, rows, columns, outputs]);
      await expectValues(actual, expected, 1e-4);
    });

    it('pools windows, and leaves what is padded out', async () => {
      const x = make([1, -2, 3, -4, -5], { device }).reshape([1, 5, 1]);
      await expectValues(maxPool(x, 2), [1, 3]);
      await expectValues(maxPool(x, 3, { stride: 2, padding: 1 }), [1, 3, -4]);
      await expectValues(averagePool(x, 3, { stride: 2, padding: 1 }), [-0.5, -1, -4.5]);
    });

    it('draws the same numbers from known keys and from traced ones', async () => {
      const draw = (key: random.Key, scale: Tensor): Tensor => {
        const [a = key, b = key] = random.split(key);
        return stack([random.uniform(a, [5], { device }), random.normal(b, [5], { device })]).mul(scale);
      };
      const two = make(2, { device });
      const known = draw(random.key(7), two);
      await expectValues(jit(draw)(random.key(7), two), [...(await known.data())], 1e-6);
      const many = random.normal(random.key(3), [20_000], { device });
      expect(Math.abs(await many.mean().item())).toBeLessThan(0.03);
      expect(Math.abs((await many.variance().item()) - 1)).toBeLessThan(0.03);
    });

    it.each([
      [
        'ij,jk->ik',
        [
          [3, 4],
          [4, 2],
        ],
      ],
      [
        'bij,bjk->bik',
        [
          [2, 3, 4],
          [2, 4, 2],
        ],
      ],
      [
        'bhid,bhjd->bhij',
        [
          [2, 2, 3, 4],
          [2, 2, 5, 4],
        ],
      ],
      ['ij->ji', [[3, 4]]],
      ['ij,j', [[3, 4], [4]]],
      ['i,j->ij', [[3], [4]]],
      ['ii->i', [[3, 3]]],
      ['ij,kj,j->ik', [[2, 3], [4, 3], [3]]],
      ['ij->', [[2, 3]]],
    ])('sums products by Einstein’s convention: %s', async (equation, shapes) => {
      const operands = shapes.map((shape, i) => sample(shape, 40 + i));
      const [left = '', right] = equation.split('->');
      const names = left.split(',');
      const all = [...new Set(left.replaceAll(',', ''))];
      const counted = [...left.replaceAll(',', '')];
      const output =
        right ??
        counted
          .filter((l) => counted.filter((m) => m === l).length === 1)
          .sort()
          .join('');
      const lengthOf = (label: string): number => {
        const which = names.findIndex((one) => one.includes(label));
        return operands[which]?.shape[names[which]?.indexOf(label) ?? 0] ?? 1;
      };
      const inner = all.filter((label) => !output.includes(label));
      const outShape = [...output].map(lengthOf);
      const expected = built(outShape, (outIndex) =>
        built(inner.map(lengthOf), (innerIndex) => {
          const place = (label: string): number =>
            output.includes(label)
              ? (outIndex[output.indexOf(label)] ?? 0)
              : (innerIndex[inner.indexOf(label)] ?? 0);
          return operands.reduce((p, one, i) => p * at(one, [...(names[i] ?? '')].map(place)), 1);
        }).reduce((a, b) => a + b, 0),
      );
      await expectValues(einsum(equation, ...operands.map(on)), expected, 1e-4);
    });
  });
}
