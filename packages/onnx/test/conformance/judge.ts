import { DEFAULT_LIMITS, newBudget } from '../../src/format/budget.ts';
import type { ValueData, ValueInfo } from '../../src/format/model.ts';
import { readValue } from '../../src/format/read-value.ts';

/** An input or output of a case, from the bytes of its file. */
export function readCase(bytes: Uint8Array, { type }: ValueInfo): ValueData {
  const value = readValue(bytes, type, newBudget(DEFAULT_LIMITS));
  // ONNX 1.12 writes bfloat16 as the integers of its codes.
  if (type !== 'bfloat16' || value.type !== 'uint16' || !value.data) return value;
  const codes = Uint32Array.from<unknown>(value.data as Iterable<unknown>, (code) => Number(code) << 16);
  return { ...value, type, data: new Float32Array(codes.buffer) };
}

/** What ONNX's own runner allows: numpy.testing.assert_allclose with these. */
const RELATIVE = 1e-3;
const ABSOLUTE = 1e-7;

/** Where a value differs from what is expected, in words; undefined where it does not. */
export function differenceOf(found: ValueData | undefined, wanted: ValueData, path = ''): string | undefined {
  if (!found || found.type !== wanted.type) return `${path} is ${found?.type}, and must be ${wanted.type}`;
  if ('items' in wanted) {
    if (!('items' in found) || found.items.length !== wanted.items.length)
      return `${path} differs in its items`;
    for (const [at, item] of wanted.items.entries()) {
      const difference = differenceOf(found.items[at], item, `${path}[${at}]`);
      if (difference) return difference;
    }
    return undefined;
  }
  if (!wanted.data || !found.data) return `${path} is no tensor`;
  if (found.dims.join() !== wanted.dims.join())
    return `${path} is [${found.dims}], and must be [${wanted.dims}]`;
  for (let i = 0; i < wanted.data.length; i++) {
    const [x, y] = [found.data[i], wanted.data[i]];
    if (!isClose(x, y)) return `${path}[${i}] is ${x}, and must be ${y}`;
  }
  return undefined;
}

function isClose(x: unknown, y: unknown): boolean {
  if (Object.is(x, y) || x === y) return true;
  if (typeof x !== 'number' || typeof y !== 'number') return false;
  return Math.abs(x - y) <= ABSOLUTE + RELATIVE * Math.abs(y);
}
