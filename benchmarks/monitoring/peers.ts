import { jensenShannonDistance, kolmogorovSurvival } from '@trestle/statistics';

/** A published rule that watches one number a block and feature, re-made: alarms of a whole stream at one setting. */
export interface PeerRule {
  readonly name: string;
  /** From shy to bold: the boldest that holds the rate is taken. */
  readonly settings: readonly number[];
  /** Blocks (places in the stream) at which it alarms. */
  readonly alarms: (stream: PeerStream, setting: number) => readonly number[];
}

/** What peers see of a stream: by block, then feature. */
export interface PeerStream {
  readonly means: readonly Float64Array[];
  /** Two-sample Kolmogorov-Smirnov p-values against the reference. */
  readonly ks: readonly Float64Array[];
  readonly js: readonly Float64Array[];
}

/** Blocks from which the usual mean and spread are learnt, where a rule needs them. */
export const LEARNT = 100;

export function peerBlock(reference: readonly Float64Array[], counts: readonly Float64Array[]) {
  const ks = Float64Array.from(counts, (now, k) => {
    const before = reference[k] ?? new Float64Array();
    const [m, n] = [sum(before), sum(now)];
    let [a, b, furthest] = [0, 0, 0];
    for (let bin = 0; bin < now.length; bin++) {
      a += (before[bin] ?? 0) / m;
      b += (now[bin] ?? 0) / n;
      furthest = Math.max(furthest, Math.abs(a - b));
    }
    const root = Math.sqrt((m * n) / (m + n));
    return kolmogorovSurvival((root + 0.12 + 0.11 / root) * furthest);
  });
  // Ten bins of equal shares of the reference, as is customary.
  const coarse = (bins: Float64Array): number[] => {
    const out = new Array<number>(10).fill(0);
    for (let bin = 0; bin < bins.length; bin++) {
      const k = Math.min(9, Math.floor((10 * bin) / bins.length));
      out[k] = (out[k] ?? 0) + (bins[bin] ?? 0);
    }
    return out;
  };
  const js = Float64Array.from(counts, (now, k) =>
    jensenShannonDistance(coarse(reference[k] ?? now), coarse(now)),
  );
  return { ks, js };
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** Blocks at which something begins that was not so a block before. */
const begins = (length: number, is: (block: number) => boolean): number[] => {
  const found: number[] = [];
  for (let block = LEARNT; block < length; block++)
    if (is(block) && !(block > LEARNT && is(block - 1))) found.push(block);
  return found;
};

const usual = (blocks: readonly Float64Array[], k: number, from = 0) => {
  const values = blocks.slice(from, from + LEARNT).map((block) => block[k] ?? 0);
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, deviation: Math.sqrt(variance) || 1 };
};

const featuresOf = (blocks: readonly Float64Array[]): number => blocks[0]?.length ?? 0;
const geometric = (from: number, to: number, steps: number): number[] =>
  Array.from({ length: steps }, (_, k) => from * (to / from) ** (k / (steps - 1)));

export const peerRules: readonly PeerRule[] = [
  {
    // A test per window and feature against the reference (Evidently's, for small windows), least p-value.
    name: 'KS test per window',
    settings: geometric(1e-14, 0.05, 40),
    alarms: ({ ks }, p) => begins(ks.length, (block) => (ks[block] ?? []).some((one) => one < p)),
  },
  {
    // A distance per chunk outside so many standard deviations of the reference's own chunks (NannyML's univariate rule).
    name: 'JS distance per chunk, mean + k sd',
    settings: geometric(40, 2, 50),
    alarms: ({ js }, k) => {
      const known = Array.from({ length: featuresOf(js) }, (_, feature) => usual(js, feature));
      return begins(js.length, (block) =>
        known.some(({ mean, deviation }, feature) => (js[block]?.[feature] ?? 0) > mean + k * deviation),
      );
    },
  },
  {
    // E. S. Page, Biometrika 41, 1954; D. V. Hinkley 1971: two-sided, a tenth of a standard deviation is let pass.
    name: 'Page-Hinkley',
    settings: geometric(400, 3, 50),
    alarms: ({ means }, lambda) => {
      const found = new Set<number>();
      for (let feature = 0; feature < featuresOf(means); feature++) {
        let [start, up, down] = [0, 0, 0];
        let { mean, deviation } = usual(means, feature);
        for (let block = LEARNT; block < means.length; block++) {
          if (block < start) continue;
          const z = ((means[block]?.[feature] ?? 0) - mean) / deviation;
          up = Math.max(0, up + z - 0.1);
          down = Math.max(0, down - z - 0.1);
          if (up <= lambda && down <= lambda) continue;
          found.add(block);
          [up, down] = [0, 0];
          start = block + LEARNT;
          ({ mean, deviation } = usual(means, feature, block));
        }
      }
      return [...found].sort((a, b) => a - b);
    },
  },
  {
    // A. Bifet and R. Gavalda, SDM 2007: the window is cut where two parts differ by more than chance.
    name: 'ADWIN',
    settings: geometric(1e-40, 0.3, 40),
    alarms: ({ means }, delta) => {
      const found = new Set<number>();
      for (let feature = 0; feature < featuresOf(means); feature++) {
        const { mean, deviation } = usual(means, feature);
        let window: number[] = [];
        for (let block = 0; block < means.length; block++) {
          window.push(((means[block]?.[feature] ?? 0) - mean) / deviation);
          if (block < LEARNT || block % 2 === 1) continue;
          const cut = cutOf(window, delta);
          if (cut === 0) continue;
          found.add(block);
          window = window.slice(cut);
        }
      }
      return [...found].sort((a, b) => a - b);
    },
  },
];

function cutOf(window: readonly number[], delta: number): number {
  const n = window.length;
  const total = window.reduce((all, value) => all + value, 0);
  const mean = total / n;
  const variance = window.reduce((all, value) => all + (value - mean) ** 2, 0) / n;
  const doubt = Math.log((2 * Math.log(Math.max(3, n))) / delta);
  let before = 0;
  for (let cut = 1; cut < n; cut++) {
    before += window[cut - 1] ?? 0;
    if (cut < 5 || n - cut < 5) continue;
    const harmonic = 1 / (1 / cut + 1 / (n - cut));
    const width = Math.sqrt((2 / harmonic) * variance * doubt) + (2 / (3 * harmonic)) * doubt;
    if (Math.abs(before / cut - (total - before) / (n - cut)) > width) return cut;
  }
  return 0;
}
