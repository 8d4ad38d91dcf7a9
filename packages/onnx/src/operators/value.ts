import { type Tensor, tensor } from '@trestle/core';
import type { ElementType, TensorData } from '../format/model.ts';
import { OnnxError } from '../onnx-error.ts';

/** A value between operators: numbers as a tensor of the core, texts as a list. */
export type RuntimeValue =
  | { readonly kind: 'numbers'; readonly tensor: Tensor; readonly type: ElementType }
  | { readonly kind: 'texts'; readonly dims: readonly number[]; readonly data: readonly string[] };

export const numbers = (value: Tensor, type?: ElementType): RuntimeValue => ({
  kind: 'numbers',
  tensor: value,
  type: type ?? (value.dtype === 'float32' ? 'float32' : value.dtype === 'bool' ? 'bool' : 'int64'),
});

/** The core computes in float32 and int32: float64 is rounded, 64-bit integers must fit. @throws TRS_ONNX_INTEGER_RANGE */
export function toRuntime({ type, dims, data, name }: TensorData): RuntimeValue {
  if (type === 'string')
    return { kind: 'texts', dims, data: Array.from<string | number, string>(data, String) };
  if (type === 'float32' || type === 'float64') {
    const floats = data instanceof Float32Array ? data : Float32Array.from<string | number>(data, Number);
    return numbers(tensor(floats, { shape: dims }), type);
  }
  if (type === 'bool')
    return numbers(tensor(Uint8Array.from<string | number>(data, Number), { shape: dims }), type);
  const integers = Int32Array.from<string | number>(data, (value) => {
    const number = Number(value);
    if (number === (number | 0)) return number;
    // "To the end" is written as the largest 64-bit integer.
    if (Math.abs(number) >= 2 ** 62) return number > 0 ? 2147483647 : -2147483648;
    throw new OnnxError(
      'INTEGER_RANGE',
      `"${name}" holds ${number}, which does not fit 32 bits.`,
      'Use smaller integers.',
    );
  });
  return numbers(tensor(integers, { shape: dims }), type);
}

export async function fromRuntime(name: string, value: RuntimeValue): Promise<TensorData> {
  if (value.kind === 'texts') return { name, type: 'string', dims: value.dims, data: value.data };
  const data = await value.tensor.data();
  const values =
    data instanceof Float32Array ? (value.type === 'float64' ? Float64Array.from(data) : data) : [...data];
  return { name, type: value.type, dims: value.tensor.shape, data: values };
}
