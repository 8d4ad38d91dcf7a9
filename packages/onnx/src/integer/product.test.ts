import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { multiplyIntegers, packColumns } from './product.ts';

/** The sums, a number at a time, in exact integers of 32 bits that wrap. */
function plainly(a: Int16Array, b: Int16Array, rows: number, depth: number, columns: number): Int32Array {
  const out = new Int32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let at = 0; at < depth; at++)
        sum = (sum + (a[row * depth + at] ?? 0) * (b[at * columns + column] ?? 0)) | 0;
      out[row * columns + column] = sum;
    }
  return out;
}

const side = (length: number, seed: number): Int16Array =>
  Int16Array.from({ length }, (_, i) => ((Math.imul(i + 1, 2_654_435_761 + seed) >>> 8) % 511) - 255);

describe('a product of integers', () => {
  it('is the sum of products, whatever the shape', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 70 }),
        fc.integer({ min: 0, max: 150 }),
        fc.nat(1_000),
        fc.boolean(),
        (rows, depth, columns, seed, isNarrow) => {
          const a = side(rows * depth, seed);
          // What 8 bits hold is kept in 8 bits, and widened as it is read.
          const b = side(depth * columns, seed + 1).map((value) => (isNarrow ? value >> 1 : value));
          const out = new Int32Array(rows * columns + 2).fill(7);
          const packed = packColumns(depth, columns, (at, column) => b[at * columns + column] ?? 0, isNarrow);
          expect(packed.data).toBeInstanceOf(isNarrow ? Int8Array : Int16Array);
          multiplyIntegers(a, rows, packed, out, 1);
          expect([...out.subarray(1, -1)]).toEqual([...plainly(a, b, rows, depth, columns)]);
          // Nothing around its own place is written.
          expect([out[0], out.at(-1)]).toEqual([7, 7]);
        },
      ),
    );
  });

  it('goes on where the memory holds a block of rows at a time', () => {
    const [rows, depth, columns] = [1_307, 9, 3];
    const [a, b] = [side(rows * depth, 1), side(depth * columns, 2)];
    const out = new Int32Array(rows * columns);
    multiplyIntegers(
      a,
      rows,
      packColumns(depth, columns, (at, column) => b[at * columns + column] ?? 0),
      out,
    );
    expect(out).toEqual(plainly(a, b, rows, depth, columns));
  });

  it('wraps beyond 32 bits, as the type does', () => {
    const depth = 40_000;
    const a = new Int16Array(depth).fill(255);
    const out = new Int32Array(1);
    multiplyIntegers(
      a,
      1,
      packColumns(depth, 1, () => 255),
      out,
    );
    expect(out[0]).toBe((depth * 255 * 255) | 0);
  });
});
