import { number } from '../../format.ts';
import type { ColumnProfile } from './dataset-answers.ts';

export interface SharedBin {
  readonly label: string;
  /** Shares of the values that are there. */
  readonly reference: number;
  readonly current: number;
}

type Described = Pick<ColumnProfile, 'count' | 'top' | 'histogram'>;

const BINS = 8;

/**
 * Two profiles of a column as shares over the same bins: of numbers over equal widths from the least to the greatest of both,
 * as if values were spread evenly within each bin that was counted; of others over the most frequent values, where one that is
 * not among a version's most frequent counts as none.
 */
export function sharedBins(reference: Described, current: Described): readonly SharedBin[] {
  const edges = [reference, current].flatMap(({ histogram }) =>
    histogram.flatMap(({ from, to }) => [from, to]),
  );
  if (reference.histogram.length > 0 && current.histogram.length > 0) {
    const [low, high] = [Math.min(...edges), Math.max(...edges)];
    const bins = low === high ? 1 : BINS;
    const edge = (k: number): number => low + (k / bins) * (high - low);
    return Array.from({ length: bins }, (_, k) => ({
      label: low === high ? number(low) : `${number(edge(k))} – ${number(edge(k + 1))}`,
      reference: shareWithin(reference, edge(k), edge(k + 1), k === bins - 1),
      current: shareWithin(current, edge(k), edge(k + 1), k === bins - 1),
    }));
  }
  const [before, after] = [reference, current].map(
    ({ top, count }) => new Map(top.map((one) => [one.value, one.count / Math.max(1, count)])),
  );
  return [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])]
    .map((label) => ({ label, reference: before?.get(label) ?? 0, current: after?.get(label) ?? 0 }))
    .toSorted((a, b) => Math.max(b.reference, b.current) - Math.max(a.reference, a.current))
    .slice(0, BINS);
}

function shareWithin({ histogram }: Described, low: number, high: number, isLast: boolean): number {
  const total = histogram.reduce((sum, bin) => sum + bin.count, 0);
  const within = histogram.reduce((sum, { from, to, count }) => {
    // One value alone: the bin has no width, and lies in the first bin that it is not the end of.
    if (from === to) return sum + (from >= low && (from < high || isLast) ? count : 0);
    return sum + (count * Math.max(0, Math.min(high, to) - Math.max(low, from))) / (to - from);
  }, 0);
  return within / Math.max(1, total);
}
