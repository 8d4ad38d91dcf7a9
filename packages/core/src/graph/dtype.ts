import { CoreError } from '../core-error.ts';

/**
 * Element types. `bool` is stored as one byte on the host. `float16` is a type to store, not to compute in: whatever is computed
 * from it is float32, and so are its values on the host.
 */
export type DType = 'float32' | 'float16' | 'int32' | 'bool';

export type TypedArrayOf<D extends DType = DType> = D extends 'float32' | 'float16'
  ? Float32Array
  : D extends 'int32'
    ? Int32Array
    : Uint8Array;

export function allocate(dtype: DType, size: number): Float32Array | Int32Array | Uint8Array {
  if (isFloat(dtype)) return new Float32Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}

export const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float16';

/** Whether int32 has a number. */
export const isInt32 = (value: number): boolean => Number.isInteger(value) && Math.abs(value + 0.5) < 2 ** 31;

/** A Float16Array, which not every runtime and type library has yet. */
export type HalfArray = ArrayLike<number> & { readonly [Symbol.toStringTag]: 'Float16Array' };

const DTYPES: ReadonlySet<string> = new Set<DType>(['float32', 'float16', 'int32', 'bool']);

/** @throws TRS_CORE_DTYPE for a name that is none, whatever its type said */
export function checkDType(dtype: DType, operation: string): DType {
  if (DTYPES.has(dtype)) return dtype;
  throw new CoreError(
    'DTYPE',
    `${operation}: there is no element type ${JSON.stringify(dtype)}.`,
    `Element types are ${[...DTYPES].join(', ')}.`,
  );
}
