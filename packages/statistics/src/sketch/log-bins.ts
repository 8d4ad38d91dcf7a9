/** Each bin reaches this much further than the one below it, so a number is known within 2 %. */
const GROWTH = 1.02;
const LEAST = 1e-12;
const MOST = 1e12;
const LOG_GROWTH = Math.log(GROWTH);
/** Bins of positive numbers count from 1. */
const OFFSET = 1 - Math.ceil(Math.log(LEAST) / LOG_GROWTH);

/**
 * The bin of a finite number, whatever else there is: ascending, 0 for zero and what is nearer to it than 1e-12, symmetric for
 * negative numbers. Counts over such bins add up exactly, so "how many are above an edge" is never estimated. After
 * C. Masson, J. Rim and H. Lee, DDSketch (VLDB 2019).
 */
export function logBin(value: number): number {
  const size = Math.min(Math.abs(value), MOST);
  if (!(size >= LEAST)) return 0;
  const bin = Math.ceil(Math.log(size) / LOG_GROWTH) + OFFSET;
  return value < 0 ? -bin : bin;
}

/** The number of a bin that is furthest from zero: of positive ones, the greatest. */
export const logBinEdge = (bin: number): number =>
  bin === 0 ? 0 : Math.sign(bin) * GROWTH ** (Math.abs(bin) - OFFSET);

/** Counts by bin, as plain data. */
export type LogBinCounts = Readonly<Record<string, number>>;

export const totalOfBins = (counts: LogBinCounts): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** How many numbers are in bins above this one. */
export function countAbove(counts: LogBinCounts, bin: number): number {
  let above = 0;
  for (const [at, count] of Object.entries(counts)) if (Number(at) > bin) above += count;
  return above;
}

/** The bin in which a quantile lies; undefined of no numbers. */
export function quantileBin(counts: LogBinCounts, share: number): number | undefined {
  const sorted = Object.entries(counts)
    .map(([bin, count]) => [Number(bin), count] as const)
    .toSorted(([a], [b]) => a - b);
  const needed = share * totalOfBins(counts);
  let seen = 0;
  for (const [bin, count] of sorted) {
    seen += count;
    if (count > 0 && seen >= needed) return bin;
  }
  return undefined;
}

/** Counts of both together. */
export function addBins(a: LogBinCounts, b: LogBinCounts): LogBinCounts {
  const sum: Record<string, number> = { ...a };
  for (const [bin, count] of Object.entries(b)) sum[bin] = (sum[bin] ?? 0) + count;
  return sum;
}
