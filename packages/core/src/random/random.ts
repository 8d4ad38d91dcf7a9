import { type TensorOptions, tensor } from '../tensor/create.ts';
import { type Shape, sizeOf } from '../tensor/shape.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { threefry2x32 } from './threefry.ts';

/** Where random numbers come from: the same key gives the same numbers, on every device. */
export interface Key {
  readonly words: readonly [number, number];
}

/** A key from a seed, a whole number. */
export const key = (seed: number): Key => ({ words: [Math.floor(seed / 2 ** 32) >>> 0, seed >>> 0] });

/** Independent keys out of one, which should not be used again. */
export const split = (from: Key, count = 2): Key[] =>
  Array.from({ length: count }, (_, index) => ({ words: threefry2x32(...from.words, 0xffffffff, index) }));

/** Random words, two per counter. */
function words(from: Key, count: number): Uint32Array {
  const out = new Uint32Array(count + (count % 2));
  for (let i = 0; i < out.length; i += 2) {
    const [a, b] = threefry2x32(...from.words, 0, i / 2);
    out[i] = a;
    out[i + 1] = b;
  }
  return out.subarray(0, count);
}

/** A word as a number in [0, 1) with 24 random bits, as many as float32 holds. */
const unit = (word: number): number => (word >>> 8) / 2 ** 24;

/** Uniform in [0, 1). */
export function uniform(from: Key, shape: Shape, options: TensorOptions = {}): Tensor {
  return tensor(Float32Array.from(words(from, sizeOf(shape)), unit), { ...options, shape });
}

/** Normal with mean 0 and variance 1 (Box and Muller 1958). */
export function normal(from: Key, shape: Shape, options: TensorOptions = {}): Tensor {
  const size = sizeOf(shape);
  const bits = words(from, size * 2);
  const values = Float32Array.from({ length: size }, (_, i) => {
    // 1 - u is never zero, so the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - unit(bits[2 * i] ?? 0)));
    return radius * Math.cos(2 * Math.PI * unit(bits[2 * i + 1] ?? 0));
  });
  return tensor(values, { ...options, shape });
}

/** 0 … count - 1 in random order (Durstenfeld 1964). */
export function permutation(from: Key, count: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const bits = words(from, count);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(((bits[i] ?? 0) / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}
