import { OnnxError } from '../onnx-error.ts';
import type { Budget } from './budget.ts';
import { elementTypeOf } from './element-types.ts';
import type { TensorData } from './model.ts';
import { doublesOf, fieldsOf, floatsOf, malformed, textOf, varintsOf } from './wire.ts';

/** TensorProto. Declared sizes are checked against the budget and the bytes at hand before anything is allocated. */
export function readTensor(message: Uint8Array, budget: Budget): TensorData {
  const dims: number[] = [];
  let [type, name, isExternal] = [0, '', false];
  let raw: Uint8Array | undefined;
  const floats: Float32Array[] = [];
  const doubles: Float64Array[] = [];
  const integers: number[] = [];
  const strings: string[] = [];
  for (const field of fieldsOf(message)) {
    if (field.tag === 1) dims.push(...varintsOf(field));
    else if (field.tag === 2) type = field.value;
    else if (field.tag === 4) floats.push(floatsOf(field.bytes));
    else if (field.tag === 5 || field.tag === 7) integers.push(...chunked(varintsOf(field)));
    else if (field.tag === 6) strings.push(textOf(field.bytes));
    else if (field.tag === 8) name = textOf(field.bytes);
    else if (field.tag === 9) raw = field.bytes;
    else if (field.tag === 10) doubles.push(doublesOf(field.bytes));
    else if (field.tag === 13 || (field.tag === 14 && field.value === 1)) isExternal = true;
  }
  if (isExternal) {
    throw new OnnxError(
      'EXTERNAL_DATA',
      `The tensor "${name}" keeps its data in another file, which is refused.`,
      'Save the model as one file.',
    );
  }
  const elementType = elementTypeOf(type, `The tensor "${name}"`);
  const size = budget.elements(dims, name);
  const data = valuesOf(elementType, raw, floats, doubles, integers, strings);
  if (data.length !== size)
    throw malformed(`the tensor "${name}" has ${data.length} values for the shape [${dims.join(', ')}]`);
  return { name, type: elementType, dims, data };
}

/** Guards `push(...list)` against lists that are longer than the call stack is wide. */
function* chunked(values: readonly number[]): Generator<number> {
  yield* values;
}

function valuesOf(
  type: TensorData['type'],
  raw: Uint8Array | undefined,
  floats: readonly Float32Array[],
  doubles: readonly Float64Array[],
  integers: readonly number[],
  strings: readonly string[],
): TensorData['data'] {
  if (type === 'string') return strings;
  if (type === 'float32') return raw ? floatsOf(raw) : Float32Array.from(floats.flatMap((part) => [...part]));
  if (type === 'float64')
    return raw ? doublesOf(raw) : Float64Array.from(doubles.flatMap((part) => [...part]));
  return raw ? integersOf(type, raw) : integers;
}

function integersOf(type: TensorData['type'], raw: Uint8Array): readonly number[] {
  const width = type === 'int64' ? 8 : type === 'int32' ? 4 : 1;
  if (raw.length % width !== 0)
    throw malformed(`${raw.length} bytes are no whole number of ${width}-byte integers`);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: raw.length / width }, (_, i) => {
    if (width === 8) return Number(view.getBigInt64(i * 8, true));
    if (width === 4) return view.getInt32(i * 4, true);
    return type === 'int8' ? view.getInt8(i) : view.getUint8(i);
  });
}
