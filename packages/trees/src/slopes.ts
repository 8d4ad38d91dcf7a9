import { gridFor } from './exact-sums.ts';
import { TreesError } from './trees-error.ts';
import type { Arena } from './wasm/arena.ts';
import { PAIR_BYTES, RECORD_BYTES, SEARCH } from './wasm/kernels.ts';

/** Whole numbers up to so many bits become doubles as they are. */
const EXACT_BITS = 52;

/** Beyond it the inverse of a power of two is no normal number. */
const MOST_EXPONENT = 1_000;

/** Sums over rows. */
export interface Sums {
  readonly slope: number;
  readonly curvature: number;
  readonly rows: number;
}

/** Slopes and curvatures of all rows. */
export interface Slopes {
  /** Pairs as doubles, to be written. */
  readonly pairs: Float64Array<ArrayBuffer>;
  /** Where the records of the rows are, for the kernels: a row's pair of whole numbers, and its bins of the first group of columns. */
  readonly records: Uint8Array<ArrayBuffer>;
  /** Turns what was written into whole numbers whose sums are exact. @throws TRS_TREES_DIVERGED */
  quantise(round: number): void;
  /** The sums over some rows. */
  sumOf(rows: Int32Array): Sums;
  /** Sums that a kernel has left somewhere. */
  sumsAt(place: number): Sums;
  /** The sums of a leaf as a kernel takes them. */
  write(place: number, sums: Sums): void;
}

/** Bytes of an arena that `slopesFor` takes. */
export const slopesBytes = (rows: number): number => (PAIR_BYTES + RECORD_BYTES) * rows;

/**
 * Slopes and curvatures as whole numbers of 64 bits, in the lowest bits of the second how many rows they are of: sums are the same
 * for any order of the rows, a difference of sums is the sum of the rest, and a bin is one vector of 16 bytes. One of them is worth
 * 2^-51 of the sum of all slopes; of curvatures what the count leaves, 2^-42 of their sum for a million rows. LightGBM trains with
 * slopes of few bits (Shi et al. 2022); these have as many as a double can add without rounding.
 */
export function slopesFor(rows: number, arena: Arena): Slopes {
  const pairs = arena.doubles(2 * rows);
  const records = arena.bytes(RECORD_BYTES * rows);
  const { view } = arena;
  const [from, end] = [pairs.byteOffset, pairs.byteOffset + PAIR_BYTES * rows];
  const countBits = Math.floor(Math.log2(rows)) + 1;
  const [largest, total, quantise, sum] = [
    arena.kernel('largest'),
    arena.kernel('total'),
    arena.kernel('quantise'),
    arena.kernel('sum'),
  ];
  const shift = 2n ** BigInt(countBits);
  const steps = { slope: 1, curvature: 1 };
  let all: Sums = { slope: 0, curvature: 0, rows };
  view.setBigInt64(SEARCH.countBits, BigInt(countBits), true);
  view.setBigInt64(SEARCH.countMask, shift - 1n, true);
  const pairAt = (place: number): readonly [number, number] => [
    view.getFloat64(place, true),
    view.getFloat64(place + 8, true),
  ];
  const setPair = (place: number, [a, b]: readonly [number, number]): void => {
    view.setFloat64(place, a, true);
    view.setFloat64(place + 8, b, true);
  };
  /** What a number is multiplied with so that all together take so many bits. */
  const scaleFor = (sumOfAll: number, bits: number): number =>
    sumOfAll > 0 ? 2 ** Math.min(MOST_EXPONENT, bits - 1 - Math.ceil(Math.log2(sumOfAll))) : 1;
  const sumsAt = (place: number): Sums => {
    const second = view.getBigInt64(place + 8, true);
    const curvature = Number(second >> BigInt(countBits));
    return {
      slope: Number(view.getBigInt64(place, true)) * steps.slope,
      curvature: curvature * steps.curvature,
      rows: Number(second & (shift - 1n)),
    };
  };
  return {
    pairs,
    records,
    quantise(round) {
      largest(from, end);
      const grids = pairAt(SEARCH.largest).map((most) => gridFor(most, rows));
      const [ofSlopes = 0, ofCurvatures = 0] = grids;
      setPair(SEARCH.largest, [ofSlopes, ofCurvatures]);
      total(from, end);
      const [slope, curvature] = pairAt(SEARCH.largest);
      // Gains are squares of sums.
      if (!Number.isFinite(slope * slope + curvature + ofSlopes + ofCurvatures)) {
        throw new TreesError(
          'DIVERGED',
          `The loss or its gains are no finite numbers any more in round ${round}.`,
          'Scale the targets and weights to a smaller range.',
          { round },
        );
      }
      // Rounding may add half of one a row, which the bit that is left takes.
      const scales = [
        scaleFor(slope, EXACT_BITS),
        scaleFor(curvature, Math.min(EXACT_BITS, 62 - countBits)),
      ] as const;
      setPair(SEARCH.largest, scales);
      quantise(from, end, records.byteOffset);
      [steps.slope, steps.curvature] = [1 / scales[0], 1 / scales[1]];
      setPair(SEARCH.steps, [steps.slope, steps.curvature]);
      all = sumsAt(SEARCH.total);
    },
    sumOf(rowsOf) {
      // Each row is there once.
      if (rowsOf.length === rows) return all;
      sum(rowsOf.byteOffset, rowsOf.length, records.byteOffset);
      return sumsAt(SEARCH.total);
    },
    sumsAt,
    write(place, { slope, curvature, rows: count }) {
      view.setBigInt64(place, BigInt(slope / steps.slope), true);
      view.setBigInt64(place + 8, BigInt(curvature / steps.curvature) * shift + BigInt(count), true);
    },
  };
}
