import { CoreError } from '../core-error.ts';

/** Element types. `bool` is stored as one byte on the host. */
export type DType = 'float32' | 'int32' | 'bool';

export type TypedArrayOf<D extends DType = DType> = D extends 'float32'
  ? Float32Array
  : D extends 'int32'
    ? Int32Array
    : Uint8Array;

export function allocate(dtype: DType, size: number): Float32Array | Int32Array | Uint8Array {
  if (dtype === 'float32') return new Float32Array(size);
  return dtype === 'int32' ? new Int32Array(size) : new Uint8Array(size);
}

const DTYPES: ReadonlySet<string> = new Set<DType>(['float32', 'int32', 'bool']);

/** @throws TRS_CORE_DTYPE for a name that is none, whatever its type said */
export function checkDType(dtype: DType, operation: string): DType {
  if (DTYPES.has(dtype)) return dtype;
  throw new CoreError(
    'DTYPE',
    `${operation}: there is no element type ${JSON.stringify(dtype)}.`,
    `Element types are ${[...DTYPES].join(', ')}.`,
  );
}
