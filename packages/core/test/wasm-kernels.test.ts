import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceBuffer } from '../src/device/device.ts';
import { wasmDevice } from '../src/device/wasm/wasm-device.ts';
import type { TypedArrayOf } from '../src/graph/dtype.ts';
import type { ElementwiseFunction } from '../src/graph/elementwise.ts';
import type { Expression, Kernel } from '../src/schedule/kernel.ts';
import { contiguousView, type View } from '../src/schedule/view.ts';
import { contiguousStrides, sizeOf } from '../src/tensor/shape.ts';
import { interpreter } from './interpreter/interpreter.ts';

const reference = interpreter();
const device = wasmDevice();

/** Runs a kernel on both devices, and expects the same elements. */
async function expectSame(kernel: Kernel, inputs: readonly TypedArrayOf[], tolerance = 0): Promise<void> {
  const on = async (one: typeof reference): Promise<TypedArrayOf> => {
    const buffers: DeviceBuffer[] = inputs.map((values) => one.upload(values));
    return await one.read(one.run(kernel, buffers));
  };
  const [actual, wanted] = [await on(device), await on(reference)];
  expect(actual.length).toBe(wanted.length);
  for (const [i, value] of wanted.entries()) {
    const got = actual[i] ?? 0;
    const isClose = Object.is(got, value) || Math.abs(got - value) <= tolerance * (1 + Math.abs(value));
    // The sign of a zero is kept by both, but a fused sum may round to the other zero.
    if (!isClose && !(got === 0 && value === 0)) expect(got, `element ${i} of ${kernel.kind}`).toBe(value);
  }
}

const special = fc.constantFrom(0, -0, 1, -1, 0.5, Infinity, -Infinity, NaN, 1e-40, -1e-42, 3.4e38, 16777217);
const anyFloat = fc.oneof(fc.float({ noDefaultInfinity: false, noNaN: false }), special).map(Math.fround);
const smallFloat = fc.float({ min: -4, max: 4, noNaN: true });
const shape = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 0, maxLength: 4 });

/** A view of a shape over a buffer: axes permuted, stretched, stepped or turned round. */
const viewOf = (of: readonly number[]): fc.Arbitrary<{ view: View; size: number }> =>
  fc
    .record({
      order: fc.shuffledSubarray([...of.keys()], { minLength: of.length, maxLength: of.length }),
      modes: fc.array(fc.constantFrom('plain', 'plain', 'plain', 'still', 'step', 'back'), {
        minLength: of.length,
        maxLength: of.length,
      }),
      offset: fc.integer({ min: 0, max: 5 }),
    })
    .map(({ order, modes, offset }) => {
      const lengths = order.map((axis) => {
        if (modes[axis] === 'still') return 1;
        return (of[axis] ?? 1) * (modes[axis] === 'step' ? 2 : 1);
      });
      const own = contiguousStrides(lengths);
      const strides = new Array<number>(of.length).fill(0);
      let start = offset;
      for (const [place, axis] of order.entries()) {
        const stride = own[place] ?? 0;
        const mode = modes[axis];
        strides[axis] =
          mode === 'still' ? 0 : mode === 'step' ? 2 * stride : mode === 'back' ? -stride : stride;
        if (mode === 'back') start += stride * ((of[axis] ?? 1) - 1);
      }
      return { view: { shape: of, strides, offset: start }, size: offset + sizeOf(lengths) };
    });

const EXACT_BINARY: readonly ElementwiseFunction[] = ['add', 'sub', 'mul', 'div', 'maximum', 'minimum'];
const EXACT_UNARY: readonly ElementwiseFunction[] = ['neg', 'abs', 'sqrt', 'floor', 'sign'];

describe('WebAssembly kernels against the interpreter', () => {
  it('compute element-wise expressions through any view, bit for bit where arithmetic is exact', async () => {
    const cases = shape.chain((of) =>
      fc.record({
        of: fc.constant(of),
        a: viewOf(of),
        b: viewOf(of),
        fn: fc.constantFrom(...EXACT_BINARY),
        outer: fc.constantFrom(...EXACT_UNARY),
        seed: fc.array(anyFloat, { minLength: 7, maxLength: 7 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ of, a, b, fn, outer, seed }) => {
        const values = (size: number, shift: number): Float32Array =>
          Float32Array.from({ length: size }, (_, i) => seed[(i + shift) % 7] ?? 0);
        const load = (input: number, view: View): Expression => ({
          kind: 'load',
          input,
          view,
          dtype: 'float32',
        });
        const sum: Expression = {
          kind: 'apply',
          fn,
          operands: [load(0, a.view), load(1, b.view)],
          dtype: 'float32',
        };
        const expression: Expression = { kind: 'apply', fn: outer, operands: [sum], dtype: 'float32' };
        await expectSame({ kind: 'elementwise', shape: of, dtype: 'float32', expression }, [
          values(a.size, 0),
          values(b.size, 3),
        ]);
      }),
      { numRuns: 150 },
    );
  });

  it('compare, choose, cast and count like the interpreter', async () => {
    const cases = shape.chain((of) =>
      fc.record({
        of: fc.constant(of),
        a: viewOf(of),
        seed: fc.array(anyFloat, { minLength: 5, maxLength: 5 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ of, a, seed }) => {
        const values = Float32Array.from({ length: a.size }, (_, i) => seed[i % 5] ?? 0);
        const x: Expression = { kind: 'load', input: 0, view: a.view, dtype: 'float32' };
        const places: Expression = { kind: 'iota', view: a.view, dtype: 'int32' };
        const whole: Expression = { kind: 'apply', fn: 'cast', operands: [x], dtype: 'int32' };
        const isNumber: Expression = { kind: 'apply', fn: 'equal', operands: [x, x], dtype: 'bool' };
        const expression: Expression = {
          kind: 'apply',
          fn: 'where',
          operands: [isNumber, whole, places],
          dtype: 'int32',
        };
        await expectSame({ kind: 'elementwise', shape: of, dtype: 'int32', expression }, [values]);
      }),
      { numRuns: 100 },
    );
  });

  it('fold over any axes of any view', async () => {
    const cases = fc
      .record({
        kept: shape,
        inner: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 }),
      })
      .chain(({ kept, inner }) =>
        fc.record({
          kept: fc.constant(kept),
          inner: fc.constant(inner),
          a: viewOf([...kept, ...inner]),
          fn: fc.constantFrom('sum' as const, 'max' as const),
          seed: fc.array(smallFloat, { minLength: 11, maxLength: 11 }),
        }),
      );
    await fc.assert(
      fc.asyncProperty(cases, async ({ kept, inner, a, fn, seed }) => {
        const values = Float32Array.from({ length: a.size }, (_, i) => seed[i % 11] ?? 0);
        const x: Expression = { kind: 'load', input: 0, view: a.view, dtype: 'float32' };
        const expression: Expression = { kind: 'apply', fn: 'mul', operands: [x, x], dtype: 'float32' };
        const kernel: Kernel = {
          kind: 'reduce',
          shape: kept,
          dtype: 'float32',
          fn,
          expression,
          inner: sizeOf(inner),
          innerShape: inner,
        };
        await expectSame(kernel, [values], 1e-5);
      }),
      { numRuns: 150 },
    );
  });

  it('fold long columns in blocks, and long rows in runs', async () => {
    for (const [rows, columns, isByColumns] of [
      [1_000, 37, true],
      [77, 600, true],
      [3, 5_000, false],
    ] as const) {
      const values = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i));
      const kept = isByColumns ? columns : rows;
      const inner = isByColumns ? rows : columns;
      const view = { shape: [kept, inner], strides: isByColumns ? [1, columns] : [columns, 1], offset: 0 };
      const expression: Expression = { kind: 'load', input: 0, view, dtype: 'float32' };
      for (const fn of ['sum', 'max'] as const) {
        const kernel: Kernel = {
          kind: 'reduce',
          shape: [kept],
          dtype: 'float32',
          fn,
          expression,
          inner,
          innerShape: [inner],
        };
        await expectSame(kernel, [values], 2e-5);
      }
    }
  });

  it('multiply matrices of any size through any view', async () => {
    const size = fc.integer({ min: 1, max: 50 });
    const cases = fc
      .record({ batch: fc.integer({ min: 1, max: 3 }), m: size, k: size, n: size })
      .chain((sizes) =>
        fc.record({
          sizes: fc.constant(sizes),
          a: viewOf([sizes.batch, sizes.m, sizes.k]),
          b: viewOf([sizes.batch, sizes.k, sizes.n]),
          seed: fc.array(smallFloat, { minLength: 13, maxLength: 13 }),
        }),
      );
    await fc.assert(
      fc.asyncProperty(cases, async ({ sizes, a, b, seed }) => {
        const { batch, m, k, n } = sizes;
        const values = (length: number, shift: number): Float32Array =>
          Float32Array.from({ length }, (_, i) => seed[(i * 3 + shift) % 13] ?? 0);
        const kernel: Kernel = {
          kind: 'matmul',
          shape: [batch, m, n],
          dtype: 'float32',
          batch,
          m,
          k,
          n,
          a: { ...a.view, split: [1, 2] },
          b: { ...b.view, split: [1, 2] },
        };
        await expectSame(kernel, [values(a.size, 0), values(b.size, 5)], 1e-4);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    [130, 700, 70],
    [125, 1_030, 33],
    [400, 300, 20],
  ])('multiply matrices that are packed in several blocks: %i x %i x %i', async (m, k, n) => {
    const values = (length: number): Float32Array =>
      Float32Array.from({ length }, (_, i) => Math.sin(i * 0.7));
    for (const isTransposed of [false, true]) {
      const a: View = isTransposed
        ? { shape: [1, m, k], strides: [0, 1, m], offset: 0 }
        : contiguousView([1, m, k]);
      const b: View = isTransposed
        ? { shape: [1, k, n], strides: [0, 1, k], offset: 0 }
        : contiguousView([1, k, n]);
      const kernel: Kernel = {
        kind: 'matmul',
        shape: [m, n],
        dtype: 'float32',
        batch: 1,
        m,
        k,
        n,
        a: { ...a, split: [1, 2] },
        b: { ...b, split: [1, 2] },
      };
      await expectSame(kernel, [values(m * k), values(k * n)], 1e-4);
    }
  });
});

describe('functions of float32, against float64 over the whole range', () => {
  /** The distance in units of the last place of the right result. */
  const ulps = (got: number, exact: number): number => {
    if (Number.isNaN(exact)) return Number.isNaN(got) ? 0 : Infinity;
    const rounded = Math.fround(exact);
    if (!Number.isFinite(rounded) || rounded === 0)
      return Object.is(got, rounded) || got === rounded ? 0 : Math.abs(got - exact) / 2 ** -149;
    const unit = 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(rounded))) - 23);
    return Math.abs(got - exact) / unit;
  };
  // Every 4,099th pattern of bits: all exponents, subnormals, both signs; and what is special.
  const everywhere = (): Float32Array => {
    const bits = Uint32Array.from({ length: Math.ceil(2 ** 32 / 4_099) }, (_, i) => i * 4_099);
    return Float32Array.from([
      ...new Float32Array(bits.buffer),
      0,
      -0,
      Infinity,
      -Infinity,
      NaN,
      1,
      0.625,
      88.72284,
      -103.97,
    ]);
  };
  it.each([
    ['exp', Math.exp, 1.5],
    ['log', Math.log, 1],
    ['tanh', Math.tanh, 2],
    ['sin', Math.sin, 1.5],
    ['cos', Math.cos, 1.5],
  ] as const)('%s is within its stated error', async (fn, exact, limit) => {
    const values = everywhere();
    const x: Expression = { kind: 'load', input: 0, view: contiguousView([values.length]), dtype: 'float32' };
    const expression: Expression = { kind: 'apply', fn, operands: [x], dtype: 'float32' };
    const kernel: Kernel = { kind: 'elementwise', shape: [values.length], dtype: 'float32', expression };
    const results = await device.read(device.run(kernel, [device.upload(values)]));
    let worst = 0;
    let place = 0;
    for (const [i, value] of values.entries()) {
      const error = ulps(results[i] ?? 0, exact(value));
      if (error > worst) [worst, place] = [error, value];
    }
    expect(worst, `${fn}(${place})`).toBeLessThanOrEqual(limit);
  });
});
