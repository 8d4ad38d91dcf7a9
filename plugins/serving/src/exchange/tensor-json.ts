import { servingError } from '../serving-error.ts';
import type { ResponseTensor, SentType } from './open-inference-schema.ts';

export type Element = string | number | bigint | boolean | null;

/**
 * Elements of a tensor in row-major order, flat or nested as its shape says; otherwise what is wrong with them, in words that follow
 * the name of the input.
 */
export function elementsOf(data: readonly unknown[], shape: readonly number[]): readonly Element[] | string {
  const isNested = data.some(Array.isArray);
  if (isNested) {
    const misfit = misfitOf(data, shape, []);
    if (misfit !== undefined) return misfit;
  }
  const flat = isNested ? data.flat(8) : data;
  const wrong = flat.findIndex((value) => !isElement(value));
  if (wrong !== -1) return `element ${wrong} is no number, text, truth value or null`;
  const size = shape.reduce((product, length) => product * length, 1);
  // Every element was looked at.
  if (flat.length === size) return flat as readonly Element[];
  return `it has ${flat.length} elements, its shape [${shape.join(', ')}] has ${size}`;
}

const isElement = (value: unknown): value is Element => value === null || ELEMENTS.has(typeof value);
const ELEMENTS: ReadonlySet<string> = new Set(['number', 'string', 'boolean', 'bigint']);

/** Where a nested list is not as its shape says. */
function misfitOf(data: unknown, shape: readonly number[], at: readonly number[]): string | undefined {
  const [length, ...rest] = shape;
  const where = at.length === 0 ? 'its data' : `its data at [${at.join(', ')}]`;
  if (length === undefined)
    return Array.isArray(data) ? `${where} is a list, deeper than its shape` : undefined;
  if (!Array.isArray(data)) return `${where} is no list, as its shape [${shape.join(', ')}] says`;
  if (data.length !== length) return `${where} has ${data.length} members, its shape says ${length}`;
  for (const [index, member] of data.entries()) {
    const misfit = misfitOf(member, rest, [...at, index]);
    if (misfit !== undefined) return misfit;
  }
  return undefined;
}

/** What whole numbers of a datatype may be, at most this many bits. */
const INTEGER = /^(u?)int(\d+)$/;

/** The largest numbers that are rounded to a number of the type, and not beyond it. */
const LARGEST: Readonly<Record<string, number>> = {
  float16: 65_520 - 2 ** -36,
  bfloat16: 2 ** 128 - 2 ** 119 - 2 ** 75,
  float32: 2 ** 128 - 2 ** 103 - 2 ** 75,
};

/** Why an element is none of its type, in words that follow the name of the input; undefined where each one is. */
export function misfitOfType(values: readonly Element[], type: SentType): string | undefined {
  const fits = fitting(type);
  const wrong = values.findIndex((value) => value === null || !fits(value));
  if (wrong === -1) return undefined;
  const value = values[wrong];
  const shown = typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  return `element ${wrong} is ${shown}, which no ${type === 'string' ? 'text' : type} is`;
}

function fitting(type: SentType): (value: string | number | bigint | boolean) => boolean {
  if (type === 'string') return (value) => typeof value === 'string';
  if (type === 'bool') return (value) => typeof value === 'boolean' || value === 0 || value === 1;
  const [, unsigned, bits] = INTEGER.exec(type) ?? [];
  if (bits === undefined) {
    const largest = LARGEST[type] ?? Number.MAX_VALUE;
    return (value) =>
      (typeof value === 'number' || typeof value === 'bigint') && Math.abs(Number(value)) <= largest;
  }
  const count = BigInt(bits);
  const [least, most] = unsigned
    ? [0n, (1n << count) - 1n]
    : [-(1n << (count - 1n)), (1n << (count - 1n)) - 1n];
  const [leastNumber, mostNumber] = [Number(least), Number(most)];
  return (value) =>
    typeof value === 'bigint'
      ? value >= least && value <= most
      : Number.isSafeInteger(value) && Number(value) >= leastNumber && Number(value) <= mostNumber;
}

/** Elements as JSON. @throws TRS_SERVING_OUTPUT_NOT_FINITE for what JSON has not */
export function elementsText({ name, type, data }: ResponseTensor): string {
  if (type === 'string') return JSON.stringify(Array.from(data, String));
  if (type === 'bool') return JSON.stringify(Array.from(data, (value) => value === true || value === 1));
  for (let at = 0; at < data.length; at++) {
    const value = data[at];
    if (typeof value !== 'number' || Number.isFinite(value)) continue;
    throw servingError('OUTPUT_NOT_FINITE', {
      kind: 'invalid',
      message: `The model answers ${value} in element ${at} of the output "${name}", and JSON has no such number.`,
      hint: 'Ask for it as bytes (the parameter "binary_data" of the output), or look at the inputs: one of them is far from what the model was made for.',
      details: { output: name, element: at },
    });
  }
  // Integers beyond 2^53 stand there as they are: JSON has them, whatever a reader makes of them.
  return `[${Array.from(data, (value) => (Object.is(value, -0) ? '-0.0' : String(value))).join(',')}]`;
}
