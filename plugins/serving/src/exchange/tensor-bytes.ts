import { isUtf8 } from 'node:buffer';
import { elementBytes, fromRaw, rawBytes, type TensorData } from '@trestle/onnx';
import type { Elements, ResponseTensor, SentType } from './open-inference-schema.ts';

// Elements as they lie in memory, little-endian; a text is its length in four bytes and its UTF-8 (Triton's extension_binary_data.md).

/** Elements of a tensor of numbers. A string says what is wrong with the bytes, in words that follow the name of the input. */
export function numbersOf(
  bytes: Uint8Array<ArrayBuffer>,
  type: Exclude<SentType, 'string'>,
  size: number,
): TensorData['data'] | string {
  const width = elementBytes(type);
  if (bytes.length !== size * width) return `it has ${bytes.length} bytes, its shape takes ${size * width}`;
  if (type === 'bool') {
    const wrong = bytes.findIndex((value) => value > 1);
    if (wrong !== -1) return `element ${wrong} is ${bytes[wrong]}, and a truth value is 0 or 1`;
  }
  // What is aligned is read where it lies.
  if (type === 'float32' && bytes.byteOffset % 4 === 0)
    return new Float32Array(bytes.buffer, bytes.byteOffset, size);
  return fromRaw(type, bytes, size);
}

/** Texts, or what each of them is as bytes. A string says what is wrong. */
export function textsOf(bytes: Uint8Array<ArrayBuffer>, size: number): readonly Buffer[] | string {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const texts: Buffer[] = [];
  let at = 0;
  for (; at + 4 <= all.length && texts.length < size; ) {
    const length = all.readUInt32LE(at);
    if (length > all.length - at - 4)
      return `element ${texts.length} has ${length} bytes, and ${all.length - at - 4} are left`;
    texts.push(all.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  if (texts.length < size) return `it has ${texts.length} elements, its shape takes ${size}`;
  return at === all.length ? texts : `${all.length - at} bytes are left behind its elements`;
}

/** The text of bytes; undefined where they are none. */
export const utf8Of = (bytes: Buffer): string | undefined =>
  isUtf8(bytes) ? bytes.toString('utf8') : undefined;

/** Elements as bytes. */
export function bytesOf({ type, data }: Pick<ResponseTensor, 'type' | 'data'>): Uint8Array {
  if (type === 'string') return packed(data);
  if (ArrayBuffer.isView(data) && data.byteLength === data.length * elementBytes(type))
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  // The types of the protocol that are no texts hold numbers.
  return rawBytes({
    type,
    data: Array.from(data, (value) => (typeof value === 'boolean' ? Number(value) : value)) as number[],
  });
}

function packed(texts: Elements): Buffer {
  const parts = Array.from(texts, (text) => Buffer.from(String(text)));
  const out = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  let at = 0;
  for (const part of parts) {
    at = out.writeUInt32LE(part.length, at);
    at += part.copy(out, at);
  }
  return out;
}
