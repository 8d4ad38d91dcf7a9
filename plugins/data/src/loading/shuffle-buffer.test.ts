import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawsOf, shuffleBuffer } from './shuffle-buffer.ts';

/** Rows of two columns, n and -n, in parts of some sizes, through a buffer. */
function shuffled(sizes: readonly number[], capacity: number, seed: number): number[] {
  const buffer = shuffleBuffer(capacity, 2, drawsOf(seed));
  const out = new Float32Array(sizes.reduce((sum, size) => sum + size, 0) * 2);
  let [n, at] = [0, 0];
  for (const size of sizes) {
    // One value in front, as rows come from the middle of a chunk.
    const values = Float32Array.from({ length: 1 + size }, (_, i) => n + i);
    n += size;
    at += buffer.exchange([values, values.map((value) => -value)], 1, size, out, at);
  }
  for (let given = 1; given > 0; at += given) given = buffer.drain(3, out, at);
  return Array.from({ length: at }, (_, row) => {
    expect(out[row * 2 + 1]).toBe(-(out[row * 2] ?? Number.NaN));
    return out[row * 2] ?? Number.NaN;
  });
}

describe('a shuffle buffer', () => {
  it('gives every row out once, whole, none earlier than the buffer allows, the same way for the same seed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer(),
        (sizes, capacity, seed) => {
          const total = sizes.reduce((sum, size) => sum + size, 0);
          const out = shuffled(sizes, capacity, seed);
          expect(out.toSorted((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
          for (const [at, n] of out.entries()) expect(n - 1 - at).toBeLessThanOrEqual(capacity);
          expect(shuffled(sizes, capacity, seed)).toEqual(out);
        },
      ),
    );
  });

  it('draws evenly: as many inversions of a long stream as a random order has', () => {
    const out = shuffled([2_000], 2_000, 7);
    let inversions = 0;
    for (let a = 0; a < out.length; a++)
      for (let b = a + 1; b < out.length; b++) if ((out[a] ?? 0) > (out[b] ?? 0)) inversions++;
    // The mean is n(n-1)/4, the deviation sqrt(n(n-1)(2n+5)/72) (Mann 1945): five of them to each side.
    const [mean, deviation] = [(2_000 * 1_999) / 4, Math.sqrt((2_000 * 1_999 * 4_005) / 72)];
    expect(Math.abs(inversions - mean)).toBeLessThan(5 * deviation);
  });
});
