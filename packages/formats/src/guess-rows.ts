import type { Feature, Row } from '@trestle/model';

const ROWS = 8;
/** What stands for a length that the caller chooses. */
const LENGTH = 4;
/** Whole numbers up to it: places in a vocabulary, most often. */
const SMALL = 8;
/** A tensor larger than this is not kept as an example. */
const MOST_ELEMENTS = 2 ** 18;

/**
 * Rows of inputs of which nothing is known but their types. The same features give the same rows.
 *
 * @param texts that the graph knows: categories, words
 */
export function guessRows(features: readonly Feature[], texts: readonly string[]): readonly Row[] {
  const next = numbersFrom(1);
  const one = (type: string): unknown => {
    if (type === 'string' || type === 'category') return texts[Math.floor(next() * texts.length)] ?? 'a';
    if (type === 'bool' || type === 'boolean') return type === 'bool' ? Number(next() < 0.5) : next() < 0.5;
    if (/^u?int/.test(type)) return Math.floor(next() * SMALL);
    return Math.fround(4 * next() - 2);
  };
  const rows = Array.from({ length: ROWS }, () =>
    Object.fromEntries(
      features.map(({ name, type, tensor }) => {
        if (!tensor) return [name, one(type)];
        const size = tensor.dims.reduce<number>(
          (product, length) => product * (typeof length === 'number' ? length : LENGTH),
          1,
        );
        if (size > MOST_ELEMENTS) return [name, []];
        const dims = tensor.dims.map((length) => (typeof length === 'number' ? length : LENGTH));
        return [name, nested(dims, () => one(tensor.type))];
      }),
    ),
  );
  return rows;
}

function nested(dims: readonly number[], one: () => unknown): unknown {
  const [length, ...inner] = dims;
  return length === undefined ? one() : Array.from({ length }, () => nested(inner, one));
}

/** Numbers from 0 up to 1 that are the same each time (mulberry32 by Tommy Ettinger, public domain). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
