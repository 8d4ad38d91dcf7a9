/**
 * Values in [-scale, scale) that depend on nothing but seed and place: every side, in whatever language, makes the same inputs.
 * `peers/torch_side.py` has the same formula. Mixing: the finaliser of MurmurHash3 (Appleby 2011).
 */
export function fill(seed: number, count: number, scale = 1): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let hash = Math.imul(i + 1 + Math.imul(seed, 7919), 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
    values[i] = ((hash >>> 8) / 2 ** 23 - 1) * scale;
  }
  return values;
}

/** Labels 0 … classes - 1. */
export const labels = (count: number, classes: number): Int32Array<ArrayBuffer> =>
  Int32Array.from({ length: count }, (_, i) => (i * 7) % classes);

const SAMPLES = 256;

/** At most 256 elements at even distances: enough to tell a wrong result, and little to send. */
export function sampled(values: ArrayLike<number>): number[] {
  const count = Math.min(SAMPLES, values.length);
  return Array.from(
    { length: count },
    (_, i) => values[Math.floor((i * values.length) / count)] ?? Number.NaN,
  );
}

/** The largest difference, as a share of the largest value. Infinity when there is nothing to compare, or one is not a number. */
export function difference(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length || a.length === 0) return Number.POSITIVE_INFINITY;
  const size = Math.max(...b.map(Math.abs), 1e-30);
  const worst = Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));
  return Number.isNaN(worst) ? Number.POSITIVE_INFINITY : worst / size;
}
