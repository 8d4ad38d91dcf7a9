import { CoreError } from '../core-error.ts';
import type { Device } from '../device/device.ts';
import type { Node } from '../graph/node.ts';
import { checkShape, type Shape, sizeOf } from '../graph/shape.ts';
import { randomBits, shiftRight } from '../operation/elementwise.ts';
import { polynomial } from '../operation/special.ts';
import { arange, type TensorOptions, tensor } from '../tensor/create.ts';
import { Tensor } from '../tensor/tensor.ts';
import { threefry2x32 } from './threefry.ts';

/**
 * Where random numbers come from: the same key gives the same numbers, on every device. The words are known, or a tensor
 * (int32, [2]) where a function is traced; `jit` takes either as an input.
 */
export type Key = {
  readonly kind: 'random-key';
  readonly words: readonly [number, number] | Tensor;
};

const keyOf = (words: readonly [number, number]): Key => ({ kind: 'random-key', words });

/** A key from a seed, a whole number. */
export const key = (seed: number): Key => keyOf([Math.floor(seed / 2 ** 32) >>> 0, seed >>> 0]);

/** Independent keys out of one, which should not be used again. */
export function split(from: Key, count = 2): Key[] {
  const { words } = from;
  if (words instanceof Tensor) {
    // The same counters as below, (0xffffffff, index), as `randomBits` reads them.
    const index = arange(2 * count, { dtype: 'int32', device: words.device }).add(-(2 ** 31));
    const bits = bitsAt(words, index).reshape([count, 2]);
    return bits.split(count).map((row) => ({ kind: 'random-key', words: row.reshape([2]) }));
  }
  return Array.from({ length: count }, (_, index) => keyOf(threefry2x32(...words, 0xffffffff, index)));
}

/** A key's words as a tensor, int32 [2]. */
export const wordsOf = ({ words }: Key, device?: Device): Tensor =>
  words instanceof Tensor
    ? words
    : tensor(
        Int32Array.from(words, (word) => word | 0),
        device ? { device } : {},
      );

/** Random words at indices, int32. */
function bitsAt(words: Tensor, index: Tensor): Tensor {
  const word = (at: number): Node => words.slice([[at, at + 1]]).expand(index.shape).node;
  return new Tensor(randomBits(word(0), word(1), index.node));
}

/** Words as numbers in [0, 1) with 24 random bits, as many as float32 holds. */
const unit = (bits: Tensor): Tensor => new Tensor(shiftRight(bits.node, 8)).cast('float32').mul(2 ** -24);

/** Uniform in [0, 1). */
export function uniform(from: Key, shape: Shape, { device }: Pick<TensorOptions, 'device'> = {}): Tensor {
  checkShape(shape, 'random.uniform');
  const words = wordsOf(from, device);
  const index = arange(sizeOf(shape), { dtype: 'int32', device: words.device });
  return unit(bitsAt(words, index)).reshape(shape);
}

// cos(2 π t) on [-1/2, 1/2] as a polynomial in t², to 3e-7: devices promise too little for theirs (WGSL: 2^-11).
const COSINE = [
  0.2437494695186615, -1.696861743927002, 7.8991546630859375, -26.425615310668945, 60.24458694458008,
  -85.45681762695312, 64.93939208984375, -19.739208221435547, 1,
];

/** Normal with mean 0 and variance 1 (Box and Muller 1958). */
export function normal(from: Key, shape: Shape, { device }: Pick<TensorOptions, 'device'> = {}): Tensor {
  checkShape(shape, 'random.normal');
  const words = wordsOf(from, device);
  const even = arange(sizeOf(shape), { dtype: 'int32', device: words.device }).mul(2);
  // 1 - u is never zero, so the logarithm is finite.
  const radius = unit(bitsAt(words, even)).neg().add(1).log().mul(-2).sqrt();
  const turn = unit(bitsAt(words, even.add(1))).sub(0.5);
  const cosine = new Tensor(polynomial(turn.mul(turn).node, COSINE));
  return radius.mul(cosine.neg()).reshape(shape);
}

/** True with a probability. */
export const bernoulli = (
  from: Key,
  probability: number,
  shape: Shape,
  options: Pick<TensorOptions, 'device'> = {},
): Tensor => uniform(from, shape, options).less(probability);

/** 0 … count - 1 in random order (Durstenfeld 1964). */
export function permutation({ words }: Key, count: number): Int32Array {
  if (words instanceof Tensor) {
    throw new CoreError(
      'PLACEHOLDER',
      'random.permutation: the key of a traced function has no value yet.',
      'Inside jit and vmap, take random.uniform(key, [count]).argsort().',
    );
  }
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const bits = hostWords(words, count);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(((bits[i] ?? 0) / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}

/** Random words, two per counter. */
function hostWords(key: readonly [number, number], count: number): Uint32Array {
  const out = new Uint32Array(count + (count % 2));
  for (let i = 0; i < out.length; i += 2) {
    const [a, b] = threefry2x32(...key, 0, i / 2);
    out[i] = a;
    out[i + 1] = b;
  }
  return out.subarray(0, count);
}
