import { OnnxError } from '../onnx-error.ts';
import { type Field, fieldsOf, malformed, textOf } from './wire.ts';

/** Where a tensor keeps its data: a file beside the model, and a part of it. */
export interface ExternalPart {
  /** The name of the tensor. */
  readonly tensor: string;
  /** As the model has it: a path relative to the model's folder, not looked at yet. */
  readonly location: string;
  readonly offset: number;
  /** In bytes; undefined where the model leaves it to the shape. */
  readonly length: number | undefined;
  /** SHA-1 of the whole file in hex, where the model tells it. */
  readonly checksum: string | undefined;
}

/** Gives the bytes of a part. Who reads files checks where they lie. */
export type ExternalData = (part: ExternalPart) => Uint8Array;

const MAX_DEPTH = 32;
/** Messages that hold tensors, by where they lie: GraphProto, NodeProto, AttributeProto, SparseTensorProto, FunctionProto. */
const HOLDERS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  model: { 7: 'graph', 25: 'function' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  function: { 7: 'node', 11: 'attribute' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
};

/**
 * Lists what a model keeps in files beside it, without reading any of it.
 *
 * @param bytes an ONNX file
 * @throws TRS_ONNX_MALFORMED, TRS_ONNX_EXTERNAL_DATA
 */
export function externalParts(bytes: Uint8Array): readonly ExternalPart[] {
  const found: ExternalPart[] = [];
  const walk = (message: Uint8Array, holder: string, depth: number): void => {
    if (depth > 3 * MAX_DEPTH) throw malformed(`graphs lie more than ${MAX_DEPTH} deep in each other`);
    for (const field of fieldsOf(message)) {
      const inner = HOLDERS[holder]?.[field.tag];
      if (inner === 'tensor') {
        const part = externalPart(field.bytes);
        if (part) found.push(part);
      } else if (inner) walk(field.bytes, inner, depth + 1);
    }
  };
  walk(bytes, 'model', 0);
  return found;
}

function externalPart(message: Uint8Array): ExternalPart | undefined {
  let name = '';
  const entries: Field[] = [];
  let isExternal = false;
  for (const field of fieldsOf(message)) {
    if (field.tag === 8) name = textOf(field.bytes);
    else if (field.tag === 13) entries.push(field);
    else if (field.tag === 14) isExternal = field.value === 1;
  }
  return isExternal || entries.length > 0 ? readExternalPart(name, entries) : undefined;
}

/** `external_data` of a TensorProto. @throws TRS_ONNX_EXTERNAL_DATA for what it says and nobody here honours */
export function readExternalPart(tensor: string, entries: readonly Field[]): ExternalPart {
  const said = new Map<string, string>();
  for (const { bytes } of entries) {
    let [key, value] = ['', ''];
    for (const field of fieldsOf(bytes)) {
      if (field.tag === 1) key = textOf(field.bytes);
      else if (field.tag === 2) value = textOf(field.bytes);
    }
    said.set(key, value);
  }
  for (const key of said.keys())
    if (!['location', 'offset', 'length', 'checksum'].includes(key))
      throw refusedPart(tensor, `says "${key.slice(0, 50)}" of its data, which is not known`);
  const count = (key: string): number | undefined => {
    const text = said.get(key);
    if (text === undefined) return undefined;
    const number = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
      throw refusedPart(tensor, `has the ${key} "${text.slice(0, 50)}", which is no whole number`);
    return number;
  };
  const location = said.get('location');
  if (!location) throw refusedPart(tensor, 'keeps its data in a file that it does not name');
  return {
    ...{ tensor, location, offset: count('offset') ?? 0, length: count('length') },
    checksum: said.get('checksum'),
  };
}

export const refusedPart = (tensor: string, what: string): OnnxError =>
  new OnnxError(
    'EXTERNAL_DATA',
    `The tensor "${tensor.slice(0, 200)}" ${what}.`,
    'Save the model again, as one file if it is smaller than 2 GB.',
  );
