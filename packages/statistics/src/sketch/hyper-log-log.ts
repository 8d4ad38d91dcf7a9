/**
 * How many different values there are, from the smallest hash in each of many registers: P. Flajolet and others,
 * HyperLogLog (AofA 2007), with O. Ertl's estimator (New cardinality estimation algorithms for HyperLogLog sketches,
 * 2017), which needs no corrections from tables. The engine's own has 64 registers and errs by a tenth.
 */

/** Bits of a hash that name its register: 4,096 registers, which err by 1.6 %. Of thousands of columns 256, by 6.5 %. */
export const registerBits = (columns: number): number => (columns > 1_000 ? 8 : 12);

export const HASH_BITS = 64;
/** A place is register x `RANKS` + rank. */
export const RANKS = 64;

/** Registers that hold the highest rank of the values in each. */
export function registersOf(places: Iterable<number>, bits: number): Uint8Array {
  const registers = new Uint8Array(2 ** bits);
  for (const place of places) {
    const register = Math.floor(place / RANKS);
    registers[register] = Math.max(registers[register] ?? 0, place % RANKS);
  }
  return registers;
}

/** The registers of all values of both. Merging is exact: in any order it gives the registers of the whole. */
export const mergeRegisters = (a: Uint8Array, b: Uint8Array): Uint8Array =>
  a.map((rank, register) => Math.max(rank, b[register] ?? 0));

/** @returns how many different values left these ranks */
export function estimateDistinct(registers: Uint8Array): number {
  const size = registers.length;
  const highest = HASH_BITS - Math.log2(size) + 1;
  const having = new Array<number>(highest + 1).fill(0);
  for (const rank of registers) having[rank] = (having[rank] ?? 0) + 1;
  let z = size * tau(1 - (having[highest] ?? 0) / size);
  for (let rank = highest - 1; rank >= 1; rank--) z = (z + (having[rank] ?? 0)) / 2;
  z += size * sigma((having[0] ?? 0) / size);
  return size ** 2 / (2 * Math.LN2 * z);
}

/** x + Σ x^(2^k) 2^(k-1), of the share of registers that no value reached. */
function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY;
  let [x, y, z] = [share, 1, share];
  for (let before = Number.NaN; z !== before; ) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

/** (1 - x - Σ (1 - x^(2^-k))² 2^-k) / 3, of the share of registers that are not full. */
function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let [x, y, z] = [share, 1, 1 - share];
  for (let before = Number.NaN; z !== before; ) {
    x = Math.sqrt(x);
    before = z;
    y /= 2;
    z -= (1 - x) ** 2 * y;
  }
  return z / 3;
}
