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
