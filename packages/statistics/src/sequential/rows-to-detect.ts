import { normalQuantile } from '../hypothesis/normal-quantile.ts';

/** Shares of the standard deviations that a shift of the mean moves the mean rank by, of a normal distribution. */
const RANK_OF_SHIFT = Math.sqrt(3 / Math.PI);

/**
 * About how many rows after a shift of a mean the change detector needs to find it. The logarithm of an e-product grows by half the squared
 * shift a block (in its standard errors), and by chance of the shift itself; it has to reach the logarithm of the threshold times the streams and the shifts
 * that are looked for.
 *
 * @param of `shift` in standard deviations of a row; `dispersion`: how much more than independent rows blocks vary; `threshold` in blocks
 * @returns rows, whole blocks of them
 */
export function rowsToDetect(of: {
  readonly shift: number;
  readonly dispersion: number;
  readonly streams: number;
  readonly threshold: number;
  readonly blockRows: number;
  readonly probability: number;
}): number {
  const perBlock = (Math.abs(of.shift) * RANK_OF_SHIFT * Math.sqrt(of.blockRows)) / of.dispersion;
  const needed = Math.log(of.threshold * of.streams * SHIFTS);
  const z = normalQuantile(of.probability);
  // t with few degrees gains less than the normal distribution from far outliers: no more than a block is capped at.
  for (let blocks = 1; blocks < 1e6; blocks++) {
    const best = Math.max(...STEPS.map((step) => gain(step, perBlock, blocks, z)));
    if (best >= needed) return blocks * of.blockRows;
  }
  return Number.POSITIVE_INFINITY;
}

const SHIFTS = 10;
const STEPS = [0.5, 1, 2, 4, 8];
const MOST_OF_A_BLOCK = Math.log(100);
const DEGREES = 12;

/** What so many blocks say for a shift of `step`, in all but `1 - probability` of the cases. */
function gain(step: number, shift: number, blocks: number, z: number): number {
  // The mean of the blocks is as far as this or further with the probability.
  const seen = shift - z / Math.sqrt(blocks);
  const ratio =
    ((DEGREES + 1) / 2) * (Math.log1p((seen * seen) / DEGREES) - Math.log1p((seen - step) ** 2 / DEGREES));
  return blocks * Math.min(MOST_OF_A_BLOCK, ratio);
}
