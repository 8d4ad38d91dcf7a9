import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../hypothesis/normal-quantile.ts';
import { seeded } from '../hypothesis/seeded.ts';
import { meanWeight, numericWeights } from './block-profile.ts';
import { changeDetector, LEARNING_BLOCKS } from './change-detector.ts';
import { rowsToDetect } from './rows-to-detect.ts';

const normals = (seed: number) => {
  const random = seeded(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
};
const ROWS = 100;
const MONTH = 720;

/** Means of blocks of normal rows, `link` of the distance of one block kept by the next; `shift` of rows' standard deviations from a block on. */
function drawn(streams: number, seed: number, { link = 0, season = 0, shift = 0, at = 0 }) {
  const normal = normals(seed);
  const last = new Float64Array(streams);
  let block = 0;
  return (): Float64Array => {
    const values = new Float64Array(streams);
    for (let k = 0; k < streams; k++) {
      last[k] = link * (last[k] ?? 0) + Math.sqrt(1 - link * link) * normal();
      values[k] =
        (last[k] ?? 0) / Math.sqrt(ROWS) +
        season * Math.sin((2 * Math.PI * block) / 24) +
        (k === 0 && block >= at ? shift : 0);
    }
    block += 1;
    return values;
  };
}

function alarms(next: () => Float64Array, streams: number, blocks: number): number[] {
  const detector = changeDetector(streams, { threshold: MONTH, slots: 24 });
  const found: number[] = [];
  for (let block = 0; block < blocks; block++) {
    if (!detector.next(next(), ROWS, block % 24)) continue;
    found.push(block);
    detector.learnAnew();
  }
  return found;
}

describe('the change detector', () => {
  // Larger, and beside published rules: benchmarks/monitoring/false-alarms.ts.
  it.each([
    ['independent', {}],
    ['seasonal', { season: 0.2 }],
    ['remembered for blocks', { link: 0.6 }],
  ])('alarms at most once in a month of 50 streams that are %s', (_, world) => {
    let count = 0;
    for (let seed = 1; seed <= 8; seed++) count += alarms(drawn(50, seed, world), 50, MONTH).length;
    expect(count).toBeLessThanOrEqual(8);
  });

  it('finds a shift of half a standard deviation of the rows in one of 50 streams within 10 blocks', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const [first] = alarms(drawn(50, seed, { shift: 0.5, at: 200 }), 50, 300);
      expect(first).toBeGreaterThanOrEqual(200);
      expect(first).toBeLessThan(210);
    }
  });

  it('says nothing while it learns, and takes no single block, however far, for a change', () => {
    const detector = changeDetector(1, { threshold: MONTH });
    const normal = normals(3);
    for (let block = 0; block < LEARNING_BLOCKS; block++)
      expect(detector.next([block === 5 ? 1_000 : normal() / 10], ROWS)).toBe(false);
    const other = changeDetector(1, { threshold: MONTH });
    for (let block = 0; block < 100; block++)
      expect(other.next([block === 80 ? 1e6 : normal() / 10], ROWS)).toBe(false);
  });

  it('is not moved by a stream that is constant, or missing', () => {
    const detector = changeDetector(2, { threshold: MONTH });
    for (let block = 0; block < 200; block++) expect(detector.next([0, Number.NaN], ROWS)).toBe(false);
    expect(detector.evidence).toBeLessThan(MONTH);
  });

  it('goes on from its memory as if it had never been put away', () => {
    const next = drawn(3, 9, { shift: 1, at: 120 });
    const blocks = Array.from({ length: 125 }, next);
    const one = changeDetector(3, { threshold: MONTH, slots: 24 });
    let two = changeDetector(3, { threshold: MONTH, slots: 24 });
    for (const [block, values] of blocks.entries()) {
      one.next(values, ROWS, block);
      two.next(values, ROWS, block);
      two = changeDetector(3, { threshold: MONTH, slots: 24 }, two.memory());
    }
    expect(two.evidence).toBe(one.evidence);
    expect(two.blocks).toBe(one.blocks);
  });
});

describe('what is looked at of a block', () => {
  it('has mean 0 and variance 1 on the reference itself', () => {
    const counts = new Array<number>(100).fill(20);
    const [place, spread] = numericWeights(counts);
    for (const weights of [place, spread]) {
      const squares = (weights ?? new Float64Array()).map((weight) => weight * weight);
      expect(meanWeight(weights ?? [], counts)).toBeCloseTo(0, 3);
      expect(meanWeight(squares, counts)).toBeCloseTo(1, 2);
    }
    expect(meanWeight([1, 2], [0, 0])).toBeNaN();
  });
});

describe('the power of the detector', () => {
  it.each([0.2, 0.5])(
    'finds a shift of %d within the rows that are told, in nine of ten streams',
    (shift) => {
      const rows = rowsToDetect({
        shift,
        dispersion: 1,
        streams: 10,
        threshold: MONTH,
        blockRows: ROWS,
        probability: 0.9,
      });
      const runs = 20;
      let found = 0;
      for (let seed = 1; seed <= runs; seed++) {
        const at = 400;
        const next = drawn(10, 50 + seed, { shift: shift * Math.sqrt(3 / Math.PI), at });
        const first = alarms(next, 10, at + rows / ROWS).find((block) => block >= at);
        if (first !== undefined) found += 1;
      }
      // Of 20 runs 18 are expected.
      expect(found).toBeGreaterThanOrEqual(14);
    },
  );

  // scipy.stats.norm.ppf, scipy 1.10.1.
  it.each([
    [0.9, 1.2815515655446004],
    [0.025, -1.9599639845400545],
    [0.5, 0],
    [1e-9, -5.997807015007697],
  ])('takes the quantile of %d as scipy does', (probability, expected) => {
    expect(normalQuantile(probability)).toBeCloseTo(expected, 9);
  });
});
