import { beforeAll, describe, expect, it } from 'vitest';
import {
  arange,
  concat,
  type Device,
  eye,
  jit,
  tensor as make,
  random,
  type Tensor,
  valueAndGrad,
  where,
} from '../src/index.ts';
import { expectValues } from './expect-values.ts';
import { at, indexOf, type Reference, sample, size, zip } from './reference.ts';

/** What every device must do, against plain float64 arithmetic. */
export function deviceContract(name: string, open: () => Promise<Device>): void {
  describe(`${name}: device contract`, () => {
    let device: Device;
    beforeAll(async () => {
      device = await open();
    });
    const on = ({ shape, values }: Reference): Tensor => make(Float32Array.from(values), { shape, device });

    const a = sample([3, 4], 1);
    const row = sample([4], 2);
    const column = sample([3, 1], 3);

    it.each([
      ['neg', (x: Tensor) => x.neg(), (x: number) => -x],
      ['exp', (x: Tensor) => x.exp(), Math.exp],
      ['log', (x: Tensor) => x.abs().add(0.1).log(), (x: number) => Math.log(Math.abs(x) + 0.1)],
      ['sqrt', (x: Tensor) => x.abs().sqrt(), (x: number) => Math.sqrt(Math.abs(x))],
      // WGSL promises sin and cos to an absolute 2^-11 only (section 15.7.4).
      ['sin', (x: Tensor) => x.sin(), Math.sin, 2 ** -11],
      ['cos', (x: Tensor) => x.cos(), Math.cos, 2 ** -11],
      ['tanh', (x: Tensor) => x.mul(30).tanh(), (x: number) => Math.tanh(30 * x)],
      ['floor', (x: Tensor) => x.floor(), Math.floor],
      ['sign', (x: Tensor) => x.sign(), Math.sign],
      ['sigmoid', (x: Tensor) => x.mul(50).sigmoid(), (x: number) => 1 / (1 + Math.exp(-50 * x))],
      ['relu', (x: Tensor) => x.relu(), (x: number) => Math.max(x, 0)],
      ['pow', (x: Tensor) => x.pow(3), (x: number) => x ** 3],
      ['cast to int32', (x: Tensor) => x.cast('int32'), Math.trunc],
      ['not', (x: Tensor) => x.greater(0).not(), (x: number) => Number(x <= 0)],
    ])('computes %s', async (_, actual, expected, tolerance?: number) => {
      await expectValues(actual(on(a)), a.values.map(expected), tolerance);
    });

    it.each([
      ['add', (x: Tensor, y: Tensor) => x.add(y), (x: number, y: number) => x + y],
      ['sub', (x: Tensor, y: Tensor) => x.sub(y), (x: number, y: number) => x - y],
      ['mul', (x: Tensor, y: Tensor) => x.mul(y), (x: number, y: number) => x * y],
      ['div', (x: Tensor, y: Tensor) => x.div(y), (x: number, y: number) => x / y],
      ['maximum', (x: Tensor, y: Tensor) => x.maximum(y), Math.max],
      ['minimum', (x: Tensor, y: Tensor) => x.minimum(y), Math.min],
      ['less', (x: Tensor, y: Tensor) => x.less(y), (x: number, y: number) => Number(x < y)],
      ['lessEqual', (x: Tensor, y: Tensor) => x.lessEqual(y), (x: number, y: number) => Number(x <= y)],
      ['equal', (x: Tensor, y: Tensor) => x.equal(y), (x: number, y: number) => Number(x === y)],
      ['notEqual', (x: Tensor, y: Tensor) => x.notEqual(y), (x: number, y: number) => Number(x !== y)],
    ])('broadcasts %s over rows and columns', async (_, actual, expected) => {
      await expectValues(actual(on(a), on(row)), zip(a, row, [3, 4], expected));
      await expectValues(actual(on(column), on(row)), zip(column, row, [3, 4], expected));
    });

    it('chooses with where', async () => {
      await expectValues(
        where(on(a).greater(0), on(a), on(row)),
        zip(a, row, [3, 4], (x, y) => (x > 0 ? x : y)),
      );
    });

    it.each([[[0]], [[1]], [[0, 2]], [[1, 2]], [[0, 1, 2]]])('reduces axes %j', async (axes) => {
      const x = sample([3, 4, 5], 4);
      const kept = [0, 1, 2].filter((axis) => !axes.includes(axis));
      const shape = kept.map((axis) => x.shape[axis] ?? 1);
      const fold = (start: number, f: (p: number, q: number) => number): number[] => {
        const out = new Array<number>(size(shape)).fill(start);
        for (const [i, value] of x.values.entries()) {
          const index = indexOf(i, x.shape);
          const place = kept.reduce((p, axis) => p * (x.shape[axis] ?? 1) + (index[axis] ?? 0), 0);
          out[place] = f(out[place] ?? start, value);
        }
        return out;
      };
      await expectValues(
        on(x).sum(axes),
        fold(0, (p, q) => p + q),
      );
      await expectValues(on(x).max(axes), fold(-Infinity, Math.max));
      await expectValues(on(x).min(axes), fold(Infinity, Math.min));
      // With an expression fused in front.
      await expectValues(
        on(x).mul(2).add(1).sum(axes),
        fold(0, (p, q) => p + 2 * q + 1),
      );
    });

    it('takes values as they are when a tensor is made', async () => {
      const values = Float32Array.of(1, 2, 3);
      const x = make(values, { device });
      const sum = x.add(1);
      values.fill(9);
      const y = make(values, { device });
      values.fill(7);
      await expectValues(sum, [2, 3, 4]);
      await expectValues(x, [1, 2, 3]);
      await expectValues(y, [9, 9, 9]);
    });

    it('keeps NaN in largest and smallest elements, wherever it stands', async () => {
      const NaNs = make([Number.NaN, 1, Number.NaN, -Infinity], { device });
      const others = make([1, Number.NaN, Number.NaN, 2], { device });
      await expectValues(NaNs.maximum(others), [NaN, NaN, NaN, 2]);
      await expectValues(NaNs.minimum(others), [NaN, NaN, NaN, -Infinity]);
      await expectValues(NaNs.relu(), [NaN, 1, NaN, 0]);
      for (const length of [3, 64, 1_001, 16_384]) {
        for (const place of [0, 1, length >> 1, length - 1]) {
          const rows = Float32Array.from({ length: 2 * length }, (_, i) =>
            i === place ? Number.NaN : (i % 100) - 50,
          );
          const x = make(rows, { shape: [2, length], device });
          const finite = [...rows.subarray(length)];
          await expectValues(x.max(1), [NaN, Math.max(...finite)]);
          await expectValues(x.min(1), [NaN, Math.min(...finite)]);
          if (length < 100) await expectValues(x.transpose().max(0), [NaN, Math.max(...finite)]);
        }
      }
      expect([...(await make([1, Number.NaN, 2], { device }).softmax().data())]).toEqual([NaN, NaN, NaN]);
    });

    it('finds the first largest with argmax', async () => {
      await expectValues(
        make(
          [
            [1, 3, 3],
            [5, 2, 5],
          ],
          { device },
        ).argmax(1),
        [1, 0],
      );
      await expectValues(
        make(
          [
            [1, 3, 3],
            [5, 2, 5],
          ],
          { device },
        ).argmax(0),
        [1, 0, 1],
      );
    });

    it('normalises with softmax, also far from zero', async () => {
      const x = make(
        [
          [1000, 1001],
          [-1000, -1002],
        ],
        { device },
      );
      await expectValues(x.softmax(), [0.2689414214, 0.7310585786, 0.880797078, 0.119202922]);
      await expectValues(x.logSoftmax(), [-1.3132616875, -0.3132616875, -0.126928011, -2.126928011]);
    });

    it.each([
      [
        [2, 3],
        [3, 4],
      ],
      [
        [1, 1],
        [1, 1],
      ],
      [
        [67, 33],
        [33, 70],
      ],
      [
        [2, 3, 5],
        [2, 5, 4],
      ],
      [
        [4, 2, 3],
        [3, 2],
      ],
    ])('multiplies matrices %j x %j', async (left, right) => {
      const x = sample(left, 5);
      const y = sample(right, 6);
      const [m = 1, k = 1] = left.slice(-2);
      const n = right.at(-1) ?? 1;
      const shape = [...left.slice(0, -2), m, n];
      const expected = Array.from({ length: size(shape) }, (_, i) => {
        const index = indexOf(i, shape);
        const batch = index.slice(0, -2);
        let sum = 0;
        for (let t = 0; t < k; t++) {
          const b = right.length > 2 ? [...batch, t, index.at(-1) ?? 0] : [t, index.at(-1) ?? 0];
          sum += at(x, [...batch, index.at(-2) ?? 0, t]) * at(y, b);
        }
        return sum;
      });
      await expectValues(on(x).matmul(on(y)), expected, 1e-4);
    });

    it('reads through views: transposed, sliced, stretched, reshaped', async () => {
      const x = sample([4, 6], 7);
      const t = on(x).transpose();
      await expectValues(
        t,
        Array.from({ length: 24 }, (_, i) => at(x, [i % 4, Math.floor(i / 4)])),
      );
      await expectValues(
        t.reshape([24]),
        Array.from({ length: 24 }, (_, i) => at(x, [i % 4, Math.floor(i / 4)])),
      );
      await expectValues(
        on(x).slice([
          [1, 4, 2],
          [-5, 6],
        ]),
        [1, 3].flatMap((r) => [1, 2, 3, 4, 5].map((c) => at(x, [r, c]))),
      );
      await expectValues(
        t.slice([[2, 4]]).add(1),
        [2, 3].flatMap((c) => [0, 1, 2, 3].map((r) => at(x, [r, c]) + 1)),
      );
      await expectValues(
        on(x).transpose().matmul(on(x)).sum(),
        [
          Array.from({ length: 36 }, (_, i) =>
            [0, 1, 2, 3].reduce((s, r) => s + at(x, [r, i % 6]) * at(x, [r, Math.floor(i / 6)]), 0),
          ).reduce((p, q) => p + q),
        ],
        1e-4,
      );
      await expectValues(
        on(row).reshape([4, 1]).expand([4, 2]).sum(0),
        [0, 1].map(() => row.values.reduce((p, q) => p + q)),
      );
    });

    it('pads, joins and gathers', async () => {
      const x = make(
        [
          [1, 2],
          [3, 4],
        ],
        { device },
      );
      await expectValues(
        x.pad([
          [1, 0],
          [0, 1],
        ]),
        [0, 0, 0, 1, 2, 0, 3, 4, 0],
      );
      await expectValues(concat([x, x.mul(10)], 1), [1, 2, 10, 20, 3, 4, 30, 40]);
      await expectValues(concat([x, x], 0), [1, 2, 3, 4, 1, 2, 3, 4]);
      await expectValues(x.gather(make(Int32Array.of(1, 1, 7), { device })), [3, 4, 3, 4, 0, 0]);
      await expectValues(x.gather(make(Int32Array.of(1, 0), { device }), 1), [2, 1, 4, 3]);
    });

    it('counts and makes identities', async () => {
      await expectValues(arange(5, { device }), [0, 1, 2, 3, 4]);
      await expectValues(eye(3, { device }), [1, 0, 0, 0, 1, 0, 0, 0, 1]);
    });

    it('keeps empty tensors, scalars and whole chains', async () => {
      expect((await make([], { device }).add(1).data()).length).toBe(0);
      await expectValues(make([], { device }).sum(), [0]);
      expect(await make(3, { device }).mul(2).item()).toBe(6);
      let chain = make([1, 2], { device });
      for (let i = 0; i < 500; i++) chain = chain.add(1);
      await expectValues(chain, [501, 502]);
    });

    it('has operations with more operands than a kernel may have buffers', async () => {
      const parts = Array.from({ length: 20 }, (_, i) => make([i, 2 * i], { device }));
      await expectValues(
        parts.reduce((sum, part) => sum.add(part)),
        [190, 380],
      );
      await expectValues(
        parts.reduceRight((sum, part) => part.add(sum)),
        [190, 380],
      );
    });

    it('computes what is used more than once, without taking longer each time', async () => {
      const x = sample([5], 11);
      const chain = (t: Tensor): Tensor => {
        let value = t.tanh();
        for (let i = 0; i < 60; i++) value = value.sub(value.mul(value)).mul(1.5);
        return value;
      };
      const expected = x.values.map((value) => {
        let v = Math.tanh(value);
        for (let i = 0; i < 60; i++) v = (v - v * v) * 1.5;
        return v;
      });
      const positive = x.values.map((v, i) => (v > 0 ? (expected[i] ?? 0) : 0));
      const kept = (t: Tensor): Tensor => chain(where(on(x).greater(0), t, 0));
      await expectValues(kept(on(x)), positive);
      await expectValues(jit(kept)(on(x)), positive);
    });

    it('works through views on what is computed, not only on what is stored', async () => {
      const x = sample([4, 6], 12);
      const doubled = on(x).mul(2);
      const at2 = (r: number, c: number): number => 2 * at(x, [r, c]);
      const grid = (rows: number, columns: number, value: (r: number, c: number) => number): number[] =>
        Array.from({ length: rows * columns }, (_, i) => value(Math.floor(i / columns), i % columns));
      await expectValues(
        doubled.transpose().add(1),
        grid(6, 4, (r, c) => at2(c, r) + 1),
      );
      await expectValues(
        doubled
          .flip(0)
          .slice([[1, 3], null])
          .neg(),
        grid(2, 6, (r, c) => -at2(2 - r, c)),
      );
      await expectValues(
        on(row).mul(3).reshape([4, 1]).add(1).expand([4, 6]).mul(on(x)),
        grid(4, 6, (r, c) => ((row.values[r] ?? 0) * 3 + 1) * at(x, [r, c])),
      );
      await expectValues(
        doubled.transpose().reshape([3, 8]).add(1),
        grid(3, 8, (r, c) => at2((r * 8 + c) % 4, Math.floor((r * 8 + c) / 4)) + 1),
      );
      await expectValues(
        doubled
          .slice([
            [0, 4],
            [0, 4],
          ])
          .add(
            doubled
              .slice([
                [0, 4],
                [0, 4],
              ])
              .transpose(),
          ),
        grid(4, 4, (r, c) => at2(r, c) + at2(c, r)),
      );
      await expectValues(
        doubled.sum(1, { keepDims: true }).mul(0.5).add(doubled.sum(0)),
        grid(4, 6, (r, c) => {
          const line = [0, 1, 2, 3, 4, 5].reduce((sum, i) => sum + at2(r, i), 0) / 2;
          return line + [0, 1, 2, 3].reduce((sum, i) => sum + at2(i, c), 0);
        }),
      );
    });

    it('finishes products and sums in one go: bias, activation, residual', async () => {
      const [w, bias, rest] = [sample([6, 5], 13), sample([5], 14), sample([4, 5], 15)];
      const x = sample([4, 6], 12);
      const product = Array.from({ length: 20 }, (_, i) =>
        [0, 1, 2, 3, 4, 5].reduce((sum, k) => sum + at(x, [Math.floor(i / 5), k]) * at(w, [k, i % 5]), 0),
      );
      await expectValues(
        on(x).matmul(on(w)).add(on(bias)).relu().add(on(rest)),
        product.map((v, i) => Math.max(v + (bias.values[i % 5] ?? 0), 0) + (rest.values[i] ?? 0)),
      );
      await expectValues(
        on(x).matmul(on(w)).transpose().greater(0),
        Array.from({ length: 20 }, (_, i) => Number((product[(i % 4) * 5 + Math.floor(i / 4)] ?? 0) > 0)),
      );
      await expectValues(
        on(x).mean(0).add(1).exp(),
        [0, 1, 2, 3, 4, 5].map((c) =>
          Math.exp([0, 1, 2, 3].reduce((sum, r) => sum + at(x, [r, c]), 0) / 4 + 1),
        ),
      );
    });

    it.each([1, 3, 4, 37, 128, 1000])('folds rows of %i more than once', async (length) => {
      const x = sample([3, length], 16);
      const total = (values: readonly number[]): number => values.reduce((p, q) => p + q, 0);
      const rows = [0, 1, 2].map((r) => {
        const line = x.values.slice(r * length, (r + 1) * length);
        const [largest, mean] = [Math.max(...line), total(line) / length];
        const exponentials = line.map((v) => Math.exp(v - largest));
        const variance = total(line.map((v) => (v - mean) ** 2)) / length;
        return { line, largest, mean, exponentials, sum: total(exponentials), variance };
      });
      const softmax = rows.flatMap(({ exponentials, sum }) => exponentials.map((e) => e / sum));
      await expectValues(on(x).softmax(), softmax);
      await expectValues(
        on(x).logSoftmax(),
        rows.flatMap(({ line, largest, sum }) => line.map((v) => v - largest - Math.log(sum))),
      );
      await expectValues(
        on(x).variance(1),
        rows.map(({ variance }) => variance),
        1e-4,
      );
      await expectValues(
        on(x).argmax(1),
        rows.map(({ line, largest }) => line.indexOf(largest)),
      );
      await expectValues(
        on(x).logSumExp(1),
        rows.map(({ largest, sum }) => largest + Math.log(sum)),
      );
      const [gain, shift] = [sample([length], 17), sample([length], 18)];
      const distance = on(x).sub(on(x).mean(1, { keepDims: true }));
      const deviation = distance.mul(distance).mean(1, { keepDims: true }).add(0.1).sqrt();
      await expectValues(
        distance.div(deviation).mul(on(gain)).add(on(shift)),
        rows.flatMap(({ line, mean, variance }) =>
          line.map(
            (v, c) =>
              ((v - mean) / Math.sqrt(variance + 0.1)) * (gain.values[c] ?? 0) + (shift.values[c] ?? 0),
          ),
        ),
        1e-4,
      );
      // Rows that are columns of what is stored; whole numbers.
      const stored = x.values.map((_, i) => rows[i % 3]?.line[Math.floor(i / 3)] ?? 0);
      await expectValues(
        on({ shape: [length, 3], values: stored })
          .transpose()
          .softmax(),
        softmax,
      );
      const whole = on(x).mul(10).cast('int32');
      await expectValues(
        whole.sub(whole.max(1, { keepDims: true })).sum(1),
        rows.map(({ line }) => {
          const values = line.map((v) => Math.trunc(Math.fround(v * 10)));
          const largest = Math.max(...values);
          return total(values.map((v) => v - largest));
        }),
      );
    });

    it('gives the same random numbers on every device', async () => {
      await expectValues(random.uniform(random.key(42), [3], { device }), await expectedUniform(), 0);
    });

    it('has the gradients that finite differences show', async () => {
      const x = sample([3, 4], 8);
      const w = sample([4, 2], 9);
      const loss = (p: { w: Tensor }, input: Tensor): Tensor => {
        const h = input.matmul(p.w).tanh();
        return where(h.greater(0), h.mul(h), h.exp()).sub(h.logSoftmax()).div(h.abs().add(1)).mean();
      };
      const { value, grad } = valueAndGrad(loss)({ w: on(w) }, on(x));
      expect(Number.isFinite(await value.item())).toBe(true);
      const actual = await grad.w.data();
      const step = 1e-2;
      for (const [i, gradient] of actual.entries()) {
        const shifted = async (by: number): Promise<number> =>
          await loss(
            { w: on({ shape: w.shape, values: w.values.map((v, j) => (j === i ? v + by : v)) }) },
            on(x),
          ).item();
        const numeric = ((await shifted(step)) - (await shifted(-step))) / (2 * step);
        expect(Math.abs(gradient - numeric), `weight ${i}`).toBeLessThan(5e-3 * (1 + Math.abs(numeric)));
      }
    });

    it('has gradients through views, joins, gathers, largest elements and powers', async () => {
      const x = sample([3, 4], 10);
      const indices = Int32Array.of(2, 0, 2);
      const loss = (t: Tensor): Tensor =>
        concat(
          [
            t
              .slice([
                [0, 3, 2],
                [1, 4],
              ])
              .pad([
                [0, 1],
                [0, 1],
              ]),
            t.gather(make(indices, { device })),
          ],
          1,
        )
          .mul(t.transpose().sum(0).reshape([3, 1]))
          .add(t.max(1, { keepDims: true }))
          .maximum(t.minimum(0.5).abs().sum(0).pow(2).mean())
          .sum();
      const actual = await valueAndGrad(loss)(on(x)).grad.data();
      const step = 1e-2;
      for (const [i, gradient] of actual.entries()) {
        const shifted = async (by: number): Promise<number> =>
          await loss(on({ shape: x.shape, values: x.values.map((v, j) => (j === i ? v + by : v)) })).item();
        const numeric = ((await shifted(step)) - (await shifted(-step))) / (2 * step);
        expect(Math.abs(gradient - numeric), `element ${i}: ${gradient} for ${numeric}`).toBeLessThan(
          2e-2 * (1 + Math.abs(numeric)),
        );
      }
    });
  });
}

async function expectedUniform(): Promise<number[]> {
  return [...(await random.uniform(random.key(42), [3]).data())];
}
