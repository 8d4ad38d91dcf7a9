import { meanWeight, NUMERIC_PARTS, numericWeights, sumOf } from '@trestle/statistics';
import type { DriftReference, FeatureReference } from '../drift/reference.ts';
import { type FeatureCounts, SCORE } from '../rollup/feature-counts.ts';
import type { Rollup } from '../rollup/rollup-rows.ts';

/** What is looked at: one number a block of one feature in one segment. */
export type Stream = readonly [segment: string, feature: string, what: string];

/** Categories whose share is looked at one by one. */
const CATEGORIES = 6;

/** What is looked at of each feature, and how it is read from a block's counts; NaN where the block has none. */
export interface Look {
  readonly feature: string;
  readonly what: string;
  readonly read: (counts: FeatureCounts) => number;
  /** Of one row, in the unit of `read`. */
  readonly variance: number;
}

export function looksOf({ features, score }: DriftReference, hasScore: boolean): readonly Look[] {
  const all: FeatureReference[] = [...features];
  if (score) all.push({ ...score, name: SCORE });
  else if (hasScore)
    all.push({ kind: 'numeric', name: SCORE, edges: [], counts: new Array<number>(100).fill(1), nulls: 0 });
  return all.flatMap((feature): Look[] => [
    ...(feature.kind === 'numeric' ? numericLooks(feature) : categoricalLooks(feature)),
    {
      feature: feature.name,
      what: 'missing',
      read: ({ bins, nulls, wrong }) => shareOf(nulls + wrong, sumOf(bins) + nulls + wrong),
      variance: shareVariance(feature.nulls, sumOf(countsOf(feature)) + feature.nulls),
    },
  ]);
}

function numericLooks({ name, counts }: Extract<FeatureReference, { kind: 'numeric' }>): Look[] {
  const weights = numericWeights(counts);
  return NUMERIC_PARTS.map((what, part) => ({
    feature: name,
    what,
    read: ({ bins }) => meanWeight(weights[part] ?? [], bins),
    variance: 1,
  }));
}

function categoricalLooks({ name, top, other }: Extract<FeatureReference, { kind: 'categorical' }>): Look[] {
  const total = sumOf(top.map(([, count]) => count)) + other;
  return [
    ...top.slice(0, CATEGORIES).map(([value, count], place) => ({
      feature: name,
      what: value,
      read: ({ bins }: FeatureCounts) => shareOf(bins[place] ?? 0, sumOf(bins)),
      variance: shareVariance(count, total),
    })),
    {
      feature: name,
      what: 'unseen',
      read: ({ bins }: FeatureCounts) => shareOf(bins.at(-1) ?? 0, sumOf(bins)),
      variance: shareVariance(0, total),
    },
  ];
}

const countsOf = (feature: FeatureReference): readonly number[] =>
  feature.kind === 'numeric' ? feature.counts : [...feature.top.map(([, count]) => count), feature.other];

const shareOf = (count: number, rows: number): number => (rows === 0 ? Number.NaN : count / rows);
/** With half a row more of either kind. */
function shareVariance(count: number, rows: number): number {
  const share = (count + 0.5) / (rows + 1);
  return share * (1 - share);
}

/** The streams of these segments in one order: those that were there, then new ones. */
export function streamsOf(
  before: readonly Stream[],
  looks: readonly Look[],
  segments: readonly string[],
): readonly Stream[] {
  const known = new Set(before.map((stream) => JSON.stringify(stream)));
  const wanted = segments.flatMap((segment) =>
    looks.map(({ feature, what }): Stream => [segment, feature, what]),
  );
  return [...before, ...wanted.filter((stream) => !known.has(JSON.stringify(stream)))];
}

/** The numbers and rows of a block, in the order of the streams. */
export function blockOf(
  streams: readonly Stream[],
  looks: readonly Look[],
  segments: ReadonlyMap<string, Rollup>,
): { readonly values: Float64Array; readonly rows: Float64Array } {
  const byName = new Map(looks.map((look) => [`${look.feature}\0${look.what}`, look]));
  const values = new Float64Array(streams.length).fill(Number.NaN);
  const rows = new Float64Array(streams.length);
  for (const [place, [segment, feature, what]] of streams.entries()) {
    const rollup = segments.get(segment);
    const counts = rollup?.features.get(feature);
    const look = byName.get(`${feature}\0${what}`);
    if (!rollup || !counts || !look) continue;
    values[place] = look.read(counts);
    rows[place] = rollup.rows;
  }
  return { values, rows };
}
