import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoreError } from '../core-error.ts';
import { full, tensor } from './create.ts';
import type { TensorValues } from './values.ts';

const made = async (values: TensorValues, options = {}) => {
  const one = tensor(values, options);
  return { dtype: one.dtype, shape: one.shape, values: Array.from(await one.data(), Number) };
};

/** Whatever its type says. */
const wrong = (value: unknown): TensorValues => value as TensorValues;

const holdingItself: unknown[] = [];
holdingItself.push(holdingItself);

describe('tensor()', () => {
  it.each([
    [new Float64Array([1.5, -2]), 'float32', [2], [1.5, -2]],
    [new Float32Array([1.5]), 'float32', [1], [1.5]],
    [new Int8Array([-128, 127]), 'int32', [2], [-128, 127]],
    [new Uint8ClampedArray([0, 255]), 'int32', [2], [0, 255]],
    [new Int16Array([-32768]), 'int32', [1], [-32768]],
    [new Uint16Array([65535]), 'int32', [1], [65535]],
    [new Int32Array([-2147483648]), 'int32', [1], [-2147483648]],
    [new Uint32Array([2147483647]), 'int32', [1], [2147483647]],
    [new BigInt64Array([-5n, 7n]), 'int32', [2], [-5, 7]],
    [new BigUint64Array([7n]), 'int32', [1], [7]],
    [new Uint8Array([0, 1]), 'bool', [2], [0, 1]],
    [[true, false], 'bool', [2], [1, 0]],
    [true, 'bool', [], [1]],
    [5n, 'int32', [], [5]],
    [[[1n], [2n]], 'int32', [2, 1], [1, 2]],
    [[], 'float32', [0], []],
    [[[], []], 'float32', [2, 0], []],
    [[new Float64Array([1, 2]), new Float32Array([3, 4])], 'float32', [2, 2], [1, 2, 3, 4]],
    [[new Int8Array([1]), new BigInt64Array([2n])], 'int32', [2, 1], [1, 2]],
    [[Number.NaN, Number.POSITIVE_INFINITY, -0], 'float32', [3], [Number.NaN, Number.POSITIVE_INFINITY, -0]],
  ] as const)('takes %o as %s%j', async (given, dtype, shape, values) => {
    expect(await made(given)).toEqual({ dtype, shape, values });
  });

  it('converts to the type that is asked for', async () => {
    expect(await made(new Uint8Array([0, 200]), { dtype: 'int32' })).toMatchObject({ values: [0, 200] });
    expect(await made(new Uint8Array([0, 200]), { dtype: 'bool' })).toMatchObject({ values: [0, 1] });
    expect(await made([0, Number.NaN, -2], { dtype: 'bool' })).toMatchObject({ values: [0, 1, 1] });
    expect(await made([true, false], { dtype: 'float32' })).toMatchObject({
      dtype: 'float32',
      values: [1, 0],
    });
    expect(await made([2n ** 40n], { dtype: 'float32' })).toMatchObject({ values: [2 ** 40] });
    expect(await made([1.0009765625], { dtype: 'float16' })).toMatchObject({ values: [1.0009765625] });
  });

  it.each([
    [[null], 'element [0] is null'],
    [null, 'the value is null'],
    [undefined, 'the value is undefined'],
    [[1, undefined], 'element [1] is undefined'],
    // biome-ignore lint/suspicious/noSparseArray: an element that is left out
    [[1, , 3], 'element [1] is undefined'],
    [['1'], 'element [0] is the text "1"'],
    ['12', 'the value is the text "12"'],
    [[[1], ['a very long text that nobody wants']], 'element [1, 0] is the text "a very long text tha…"'],
    [{ length: 2 }, 'the value is an object Object'],
    [new Date(0), 'the value is an object Date'],
    [new DataView(new ArrayBuffer(4)), 'the value is an object DataView'],
    [new ArrayBuffer(4), 'the value is an object ArrayBuffer'],
    [() => 1, 'the value is a function'],
    [Symbol('x'), 'the value is a symbol'],
    [[1, true], 'several kinds'],
    [[1, 2n], 'several kinds'],
    [[tensor(1)], 'stack() or concat()'],
    [holdingItself, 'nested deeper than 64'],
  ])('refuses what a tensor is not made of: %o', (given, what) => {
    expect(() => tensor(wrong(given))).toThrow(CoreError);
    expect(() => tensor(wrong(given))).toThrow(what);
    expect(() => tensor(wrong(given))).toThrow(expect.objectContaining({ code: 'TRS_CORE_VALUE' }));
  });

  it.each([
    [new Uint32Array([1, 4294967295]), {}, 'element [1] is 4294967295, which int32 does not have'],
    [new BigInt64Array([2n ** 31n]), {}, '2147483648'],
    [[3e9], { dtype: 'int32' }, '3000000000'],
    [[Number.NaN], { dtype: 'int32' }, 'NaN'],
    [[[1], [1.5]], { dtype: 'int32' }, 'element [1, 0] is 1.5'],
    [new Uint8Array([0, 7]), {}, 'element [1] of a Uint8Array is 7'],
  ] as const)('refuses to change a value in silence: %o %j', (given, options, what) => {
    expect(() => tensor(given, options)).toThrow(what);
    expect(() => tensor(given, options)).toThrow(expect.objectContaining({ code: 'TRS_CORE_VALUE' }));
  });

  it.each([
    [[[1], [1, 2]]],
    [[1, [2]]],
    [[[1], 2]],
    [[[[1]], [2]]],
    [[[], [1]]],
    [[[1], new Float32Array([1, 2])]],
  ])('refuses lists that differ in length or depth: %j', (given) => {
    expect(() => tensor(wrong(given))).toThrow(expect.objectContaining({ code: 'TRS_CORE_RAGGED' }));
  });

  it('gives back what went in, for any nested numbers', async () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(shapes, fc.integer(), async (shape, seed) => {
        const nest = ([length, ...rest]: readonly number[], from: number): TensorValues =>
          length === undefined
            ? from
            : Array.from({ length }, (_, i) => nest(rest, from + i * rest.reduce((a, b) => a * b, 1)));
        const start = seed % 1000;
        const found = await made(nest(shape, start));
        const empty = shape.indexOf(0);
        // Behind an axis of nothing there is nothing to see.
        expect(found.shape).toEqual(empty === -1 ? shape : shape.slice(0, empty + 1));
        const size = shape.reduce((a, b) => a * b, 1);
        expect(found.values).toEqual(Array.from({ length: size }, (_, i) => start + i));
      }),
    );
  });
});

describe('full()', () => {
  it.each([
    [3e9, 'int32'],
    [1.5, 'int32'],
    [Number.NaN, 'int32'],
  ] as const)('refuses %d as %s', (value, dtype) => {
    expect(() => full([2], value, { dtype })).toThrow(expect.objectContaining({ code: 'TRS_CORE_VALUE' }));
  });
});
