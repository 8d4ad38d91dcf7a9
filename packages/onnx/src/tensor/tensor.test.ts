import { describe, expect, it } from 'vitest';
import type { ElementType, TypedArray } from '../format/model.ts';
import { fromData } from './tensor.ts';

const exact: readonly (readonly [ElementType, TypedArray])[] = [
  ['float32', Float32Array.of(0.5, -1)],
  ['float64', Float64Array.of(0.1, 1e300)],
  ['int8', Int8Array.of(-128, 127)],
  ['uint8', Uint8Array.of(0, 255)],
  ['int16', Int16Array.of(-1, 2)],
  ['uint16', Uint16Array.of(1, 65535)],
  ['int32', Int32Array.of(-1, 2 ** 31 - 1)],
  ['uint32', Uint32Array.of(1, 2 ** 32 - 1)],
  ['int64', BigInt64Array.of(-1n, 2n ** 62n)],
  ['uint64', BigUint64Array.of(1n, 2n ** 63n)],
];

describe('a tensor that a caller or a file gives', () => {
  // A network has hundreds of megabytes of weights: element by element, opening one takes seconds.
  it.each(exact)('is taken as it lies where the array is that of the type %s', (type, data) => {
    expect(fromData({ name: 'w', type, dims: [2], data }).data).toBe(data);
  });

  it.each([
    ['int4', Int8Array.of(8)],
    ['uint2', Uint8Array.of(4)],
  ] as const)('is looked at where the array holds more than the type %s', (type, data) => {
    expect(() => fromData({ name: 'w', type, dims: [1], data })).toThrow(/which is no/);
  });

  it('is rounded to what its type holds', () => {
    const data = Float32Array.of(1 + 2 ** -12);
    expect(fromData({ name: 'w', type: 'float16', dims: [1], data }).data).toEqual(Float32Array.of(1));
  });
});
