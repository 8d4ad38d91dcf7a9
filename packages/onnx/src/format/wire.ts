import { PbfReader } from 'pbf';
import { OnnxError } from '../onnx-error.ts';

/** One field of a protobuf message. Numbers keep their bytes too: a fixed field's type is only known to its message. */
export interface Field {
  readonly tag: number;
  readonly value: number;
  readonly bytes: Uint8Array;
}

const NOTHING = new Uint8Array(0);
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** The fields of a message, in order. Every length is checked before it is used. @throws TRS_ONNX_MALFORMED */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  const reader = new PbfReader(message);
  const take = (length: number): Uint8Array => {
    if (length < 0 || length > message.length - reader.pos)
      throw malformed(`a field of ${length} bytes does not fit`);
    const bytes = message.subarray(reader.pos, reader.pos + length);
    reader.pos += length;
    return bytes;
  };
  while (reader.pos < message.length) {
    const key = varint(reader);
    const tag = Math.floor(key / 8);
    if (tag === 0) throw malformed('a field has the number 0');
    switch (key % 8) {
      case VARINT:
        yield { tag, value: varint(reader), bytes: NOTHING };
        break;
      case BYTES:
        yield { tag, value: 0, bytes: take(varint(reader)) };
        break;
      case FIXED32:
        yield { tag, value: 0, bytes: take(4) };
        break;
      case FIXED64:
        yield { tag, value: 0, bytes: take(8) };
        break;
      default:
        throw malformed(`a field has the wire type ${key % 8}`);
    }
  }
}

function varint(reader: PbfReader): number {
  if (reader.pos >= reader.length) throw malformed('it ends inside a number');
  let value: number;
  try {
    value = reader.readVarint(true);
  } catch {
    throw malformed('a number is too long');
  }
  if (reader.pos > reader.length || Number.isNaN(value)) throw malformed('it ends inside a number');
  return value;
}

/** Numbers packed into one field, or the one number of an unpacked field. */
export function varintsOf(field: Field): number[] {
  if (field.bytes.length === 0) return [field.value];
  const reader = new PbfReader(field.bytes);
  const values: number[] = [];
  while (reader.pos < field.bytes.length) values.push(varint(reader));
  return values;
}

/** Floats packed into one field. @throws TRS_ONNX_MALFORMED when the bytes are not whole numbers of floats */
export function floatsOf(bytes: Uint8Array): Float32Array {
  checkWhole(bytes, 4);
  // A copy: the bytes of the file are not aligned. Not slice(), which on a Buffer copies nothing.
  return new Float32Array(new Uint8Array(bytes).buffer);
}

export function doublesOf(bytes: Uint8Array): Float64Array {
  checkWhole(bytes, 8);
  return new Float64Array(new Uint8Array(bytes).buffer);
}

function checkWhole(bytes: Uint8Array, size: number): void {
  if (bytes.length % size !== 0)
    throw malformed(`${bytes.length} bytes are no whole number of ${size}-byte elements`);
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** @throws TRS_ONNX_MALFORMED when the bytes are no UTF-8 */
export function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw malformed('a text is no UTF-8');
  }
}

export function malformed(reason: string): OnnxError {
  return new OnnxError(
    'MALFORMED',
    `This is not a readable ONNX file: ${reason}.`,
    'Export the model again; the file may be cut off.',
  );
}
