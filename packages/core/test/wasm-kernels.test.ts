import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceBuffer } from '../src/device/device.ts';
import { wasmDevice } from '../src/device/wasm/wasm-device.ts';
import type { TypedArrayOf } from '../src/graph/dtype.ts';
import type { ElementwiseFunction } from '../src/graph/elementwise.ts';
import { contiguousStrides, sizeOf } from '../src/graph/shape.ts';
import type { Expression, Kernel } from '../src/schedule/kernel.ts';
import { contiguousView, type View } from '../src/schedule/view.ts';
import { interpreter } from './interpreter/interpreter.ts';

const reference = interpreter();
const device = wasmDevice();

const load = (input: number, view: View): Expression => ({ kind: 'load', input, view, dtype: 'float32' });
const apply = (fn: ElementwiseFunction, ...operands: Expression[]): Expression => ({
  kind: 'apply',
  fn,
  operands,
  dtype: 'float32',
});

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
        inner: fc.oneof(
          fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
          fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 1 }),
        ),
      })
      .chain(({ kept, inner }) =>
        fc.record({
          kept: fc.constant(kept),
          inner: fc.constant(inner),
          a: viewOf([...kept, ...inner]),
          fn: fc.constantFrom('sum' as const, 'max' as const, 'min' as const),
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
      for (const fn of ['sum', 'max', 'min'] as const) {
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

describe('kernels that finish what they have folded or multiplied', () => {
  /** relu(result + first) * second - 0.3, over `result`. */
  const finish = (result: Expression, first: View, second: View, from: number): Expression => {
    const zero: Expression = { kind: 'constant', value: 0, dtype: 'float32' };
    const shifted = apply('maximum', apply('add', result, load(from, first)), zero);
    const constant: Expression = { kind: 'constant', value: 0.3, dtype: 'float32' };
    return apply('sub', apply('mul', shifted, load(from + 1, second)), constant);
  };
  const values = (length: number, shift: number): Float32Array =>
    Float32Array.from({ length }, (_, i) => Math.sin(i * 1.3 + shift));

  /** Compares with the same kernel that writes what it has, and an element-wise one behind it. */
  async function expectAsTwo(
    kernel: Extract<Kernel, { kind: 'matmul' | 'reduce' }>,
    inputs: readonly Float32Array[],
    first: { view: View; size: number },
    second: { view: View; size: number },
  ): Promise<void> {
    const { shape } = kernel;
    const accumulator: Expression = { kind: 'accumulator', dtype: 'float32' };
    const buffers = [...inputs, values(first.size, 1), values(second.size, 2)].map((one) =>
      device.upload(one),
    );
    const epilogue = finish(accumulator, first.view, second.view, inputs.length);
    const actual = await device.read(device.run({ ...kernel, epilogue }, buffers));
    const plain = device.run(kernel, buffers.slice(0, inputs.length));
    const expression = finish(
      load(inputs.length + 2, contiguousView(shape)),
      first.view,
      second.view,
      inputs.length,
    );
    const behind: Kernel = { kind: 'elementwise', shape, dtype: 'float32', expression };
    const wanted = await device.read(device.run(behind, [...buffers, plain]));
    for (const [i, value] of wanted.entries()) {
      const got = actual[i] ?? Number.NaN;
      if (!(Math.abs(got - value) <= 1e-4 * (1 + Math.abs(value)))) expect(got, `element ${i}`).toBe(value);
    }
  }

  const product = (batch: number, m: number, k: number, n: number): Extract<Kernel, { kind: 'matmul' }> => ({
    kind: 'matmul',
    shape: [batch, m, n],
    dtype: 'float32',
    batch,
    m,
    k,
    n,
    a: { ...contiguousView([batch, m, k]), split: [1, 2] },
    b: { ...contiguousView([batch, k, n]), split: [1, 2] },
  });

  it('do it as another kernel would, for products of any size', async () => {
    const size = fc.integer({ min: 1, max: 40 });
    const cases = fc
      .record({ batch: fc.integer({ min: 1, max: 3 }), m: size, k: size, n: size })
      .chain(({ batch, m, k, n }) =>
        fc.record({
          kernel: fc.constant(product(batch, m, k, n)),
          first: viewOf([batch, m, n]),
          second: viewOf([batch, m, n]),
        }),
      );
    await fc.assert(
      fc.asyncProperty(cases, async ({ kernel, first, second }) => {
        const { batch, m, k, n } = kernel;
        await expectAsTwo(kernel, [values(batch * m * k, 3), values(batch * k * n, 4)], first, second);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [1, 130, 700, 70],
    [2, 125, 1_030, 33],
    [1, 400, 300, 24],
  ])(
    'do it once, after the last part of a product in several blocks: %i x %i x %i x %i',
    async (batch, m, k, n) => {
      const bias = { view: { shape: [batch, m, n], strides: [0, 0, 1], offset: 0 }, size: n };
      const whole = { view: contiguousView([batch, m, n]), size: batch * m * n };
      const inputs = [values(batch * m * k, 3), values(batch * k * n, 4)];
      await expectAsTwo(product(batch, m, k, n), inputs, bias, whole);
    },
  );

  it('do it when the result has another shape than the product', async () => {
    const kernel = { ...product(1, 12, 5, 12), shape: [3, 4, 4, 3] };
    const turned = { view: { shape: [3, 4, 4, 3], strides: [1, 3, 12, 48], offset: 0 }, size: 144 };
    const whole = { view: contiguousView([3, 4, 4, 3]), size: 144 };
    await expectAsTwo(kernel, [values(60, 3), values(60, 4)], turned, whole);
  });

  it('do it for folds along rows and along columns', async () => {
    const cases = fc
      .record({ rows: fc.integer({ min: 1, max: 70 }), columns: fc.integer({ min: 1, max: 90 }) })
      .chain(({ rows, columns }) =>
        fc.record({
          kept: fc.constant(rows),
          inner: fc.constant(columns),
          isByColumns: fc.boolean(),
          fn: fc.constantFrom('sum' as const, 'max' as const, 'min' as const),
          first: viewOf([rows]),
          second: viewOf([rows]),
        }),
      );
    await fc.assert(
      fc.asyncProperty(cases, async ({ kept, inner, isByColumns, fn, first, second }) => {
        const view = { shape: [kept, inner], strides: isByColumns ? [1, kept] : [inner, 1], offset: 0 };
        const kernel = {
          kind: 'reduce',
          shape: [kept],
          dtype: 'float32',
          fn,
          expression: load(0, view),
          inner,
          innerShape: [inner],
        } as const;
        await expectAsTwo(kernel, [values(kept * inner, 3)], first, second);
      }),
      { numRuns: 100 },
    );
  });
});

describe('products that are fused with the sums that they feed', () => {
  const values = (step: number): Float32Array =>
    Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * step) * 3 + 0.1);

  it('give 0 for the difference of equal products, also where they are computed from other tensors', async () => {
    const view = contiguousView([64]);
    const product = (first: number): Expression => apply('mul', load(first, view), load(first + 1, view));
    const expression = apply('sub', product(0), product(2));
    const kernel: Kernel = { kind: 'elementwise', shape: [64], dtype: 'float32', expression };
    const inputs = [1.37, 2.11, 1.37, 2.11].map((step) => device.upload(values(step)));
    expect([...(await device.read(device.run(kernel, inputs)))]).toEqual(Array.from({ length: 64 }, () => 0));
  });
});

describe('functions of float32, against float64 over the whole range', () => {
  /** The distance in units of the last place of the right result. */
  const ulps = (got: number, exact: number, least: number): number => {
    if (got === 0 && Math.abs(exact) < least) return 0;
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
    // Results below this may be 0.
    ['exp', Math.exp, 1.5, 2 ** -125],
    ['log', Math.log, 1, 0],
    ['tanh', Math.tanh, 2, 0],
    ['sin', Math.sin, 1.5, 0],
    ['cos', Math.cos, 1.5, 0],
  ] as const)('%s is within its stated error', async (fn, exact, limit, least) => {
    const values = everywhere();
    const x: Expression = { kind: 'load', input: 0, view: contiguousView([values.length]), dtype: 'float32' };
    const expression: Expression = { kind: 'apply', fn, operands: [x], dtype: 'float32' };
    const kernel: Kernel = { kind: 'elementwise', shape: [values.length], dtype: 'float32', expression };
    const results = await device.read(device.run(kernel, [device.upload(values)]));
    let worst = 0;
    let place = 0;
    for (const [i, value] of values.entries()) {
      const error = ulps(results[i] ?? 0, exact(value), least);
      if (error > worst) [worst, place] = [error, value];
    }
    expect(worst, `${fn}(${place})`).toBeLessThanOrEqual(limit);
  });
});
