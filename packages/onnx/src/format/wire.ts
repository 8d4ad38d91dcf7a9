import { PbfReader } from 'pbf';
import { OnnxError } from '../onnx-error.ts';
import type { Integer } from './model.ts';

/** One field of a protobuf message. Numbers keep their bytes too: a fixed field's type is only known to its message. */
export interface Field {
  readonly tag: number;
  /** The number as a double; `integer` is exact. */
  readonly value: number;
  readonly integer: Integer;
  readonly bytes: Uint8Array;
  /** Its bytes were counted: a message, a text, or many numbers (also none) in one. */
  readonly isCounted: boolean;
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
    const key = Number(varint(reader));
    const tag = Math.floor(key / 8);
    if (tag === 0) throw malformed('a field has the number 0');
    switch (key % 8) {
      case VARINT:
        yield number(tag, varint(reader));
        break;
      case BYTES:
        yield { tag, value: 0, integer: 0, bytes: take(Number(varint(reader))), isCounted: true };
        break;
      case FIXED32:
        yield { tag, value: 0, integer: 0, bytes: take(4), isCounted: false };
        break;
      case FIXED64:
        yield { tag, value: 0, integer: 0, bytes: take(8), isCounted: false };
        break;
      default:
        throw malformed(`a field has the wire type ${key % 8}`);
    }
  }
}

const number = (tag: number, integer: Integer): Field => ({
  ...{ tag, value: Number(integer), integer, bytes: NOTHING, isCounted: false },
});

function varint(reader: PbfReader): Integer {
  if (reader.pos >= reader.length) throw malformed('it ends inside a number');
  const start = reader.pos;
  let value: number;
  try {
    value = reader.readVarint(true);
  } catch {
    throw malformed('a number is too long');
  }
  if (reader.pos > reader.length || Number.isNaN(value)) throw malformed('it ends inside a number');
  if (Number.isSafeInteger(value)) return value;
  let exact = 0n;
  for (let at = reader.pos - 1; at >= start; at--)
    exact = (exact << 7n) | BigInt((reader.buf[at] ?? 0) & 0x7f);
  return BigInt.asIntN(64, exact);
}

/** Numbers packed into one field, or the one number of an unpacked field. */
export function varintsOf(field: Field): Integer[] {
  if (!field.isCounted) return [field.integer];
  const reader = new PbfReader(field.bytes);
  const values: Integer[] = [];
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
