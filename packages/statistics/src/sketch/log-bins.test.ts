import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addBins,
  countAbove,
  type LogBinCounts,
  logBin,
  logBinEdge,
  quantileBin,
  totalOfBins,
} from './log-bins.ts';

const numbers = fc.double({ noNaN: true, min: -1e12, max: 1e12 });

function binned(values: readonly number[]): LogBinCounts {
  const counts: Record<string, number> = {};
  for (const value of values) counts[logBin(value)] = (counts[logBin(value)] ?? 0) + 1;
  return counts;
}

describe('bins that never move', () => {
  it('ascend with the numbers, and know each within 2 %', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        if (a < b) expect(logBin(a)).toBeLessThanOrEqual(logBin(b));
        const edge = logBinEdge(logBin(a));
        expect(Math.abs(edge - a)).toBeLessThanOrEqual(0.0201 * Math.abs(edge) + 1e-12);
      }),
    );
    expect([logBin(0), logBin(-0), logBin(1e-13), logBin(Number.MAX_VALUE)]).toEqual([0, 0, 0, logBin(1e12)]);
  });

  it('add up in any order, and count what is above an edge exactly', () => {
    fc.assert(
      fc.property(fc.array(numbers), fc.array(numbers), numbers, (a, b, edge) => {
        const both = addBins(binned(a), binned(b));
        expect(both).toEqual(addBins(binned(b), binned(a)));
        expect(totalOfBins(both)).toBe(a.length + b.length);
        const above = [...a, ...b].filter((value) => logBin(value) > logBin(edge)).length;
        expect(countAbove(both, logBin(edge))).toBe(above);
      }),
    );
  });

  it('tell the bin of a quantile', () => {
    const counts = binned(Array.from({ length: 1_000 }, (_, n) => n + 1));
    expect(quantileBin(counts, 0.5)).toBe(logBin(500));
    expect(quantileBin(counts, 0.99)).toBe(logBin(990));
    expect(quantileBin({}, 0.5)).toBeUndefined();
  });
});
