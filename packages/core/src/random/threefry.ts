/** The key schedule's parity constant. */
const PARITY = 0x1bd11bda;

/**
 * Threefry-2x32 with 20 rounds: two random words from a key and a counter.
 *
 * Salmon, Moraes, Dror and Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC 2011), section 3.3.
 */
export function threefry2x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
): [number, number] {
  const words = new Int32Array(2);
  threefryInto(key0, key1, counter0, counter1, words);
  return [(words[0] ?? 0) >>> 0, (words[1] ?? 0) >>> 0];
}

/** The same, into an array's first two elements, without allocating: what drawing many numbers needs. */
export function threefryInto(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  words: Int32Array,
): void {
  let [k0, k1, k2] = [key0 | 0, key1 | 0, PARITY ^ key0 ^ key1];
  let x0 = (counter0 + k0) | 0;
  let x1 = (counter1 + k1) | 0;
  // Four rounds with one set of rotations, then four with the other, in turn; the key is put in after each four.
  for (let turn = 1; turn <= 5; turn++) {
    const isOdd = (turn & 1) === 1;
    x0 = (x0 + x1) | 0;
    x1 = (isOdd ? (x1 << 13) | (x1 >>> 19) : (x1 << 17) | (x1 >>> 15)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = (isOdd ? (x1 << 15) | (x1 >>> 17) : (x1 << 29) | (x1 >>> 3)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = (isOdd ? (x1 << 26) | (x1 >>> 6) : (x1 << 16) | (x1 >>> 16)) ^ x0;
    x0 = (x0 + x1) | 0;
    x1 = (isOdd ? (x1 << 6) | (x1 >>> 26) : (x1 << 24) | (x1 >>> 8)) ^ x0;
    x0 = (x0 + k1) | 0;
    x1 = (x1 + k2 + turn) | 0;
    [k0, k1, k2] = [k1, k2, k0];
  }
  words[0] = x0;
  words[1] = x1;
}
