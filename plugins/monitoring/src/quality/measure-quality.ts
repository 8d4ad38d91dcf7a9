import type { Context, Scope } from '@trestle/kernel';
import { sumOf } from '@trestle/statistics';
import { metadataToken } from '@trestle/store';
import type { FeatureReference } from '../drift/reference.ts';
import { watchedReference } from '../drift/watched-reference.ts';
import { bufferedLogToken } from '../log/buffered-log-token.ts';
import { monitorError } from '../monitor-error.ts';
import type { FeatureCounts } from '../rollup/feature-counts.ts';
import { compactRollups, rollUp } from '../rollup/roll-up.ts';
import { addRollup, newestRollup, noRollup, type Rollup, rollupsOf } from '../rollup/rollup-rows.ts';
import { type Watched, watchedOf } from '../watched.ts';
import { DAYS, feedChecks } from './measure-feed.ts';
import type { QualityCheck, QualityReport } from './quality-report.ts';

const DAY_MS = 86_400_000;
/** Rows without which nothing is said of a share. */
const FEWEST = 50;
/** A share that has risen by less is nobody's broken feed. */
const NOTABLE = 0.05;
/** Standard errors beyond which a share is no chance. */
const ERRORS = 5;

/** @throws TRS_MONITOR_NO_REFERENCE */
export async function quality(ctx: Context, input: { readonly deployment: string }): Promise<QualityReport> {
  await (await ctx.service(bufferedLogToken)).flush();
  const watched = await watchedOf(ctx, input.deployment);
  const report = await measureQuality(ctx, watched);
  if (report) return report;
  throw monitorError('NO_REFERENCE', {
    kind: 'invalid',
    message: `Nothing says what the values of ${watched.deployment} should be: its model brings no training statistics.`,
    hint: 'Name a dataset version under monitoring.deployments.NAME.drift.against, or as the reference of the monitor.',
  });
}

/**
 * How the newest day of a feed is, against its reference and its own past. Answered from the roll-ups; undefined where nothing says what its
 * values should be.
 */
export async function measureQuality(scope: Scope, watched: Watched): Promise<QualityReport | undefined> {
  const named = await watchedReference(scope, watched);
  if (!named) return undefined;
  const now = Date.now();
  // What was filled in of times long past is merged as those times are.
  if ((await rollUp(scope, watched, named)) > 0) await compactRollups(scope, watched, now);
  const metadata = await scope.service(metadataToken);
  const of = { reference: named.name, segment: '' };
  const newest = Date.parse((await newestRollup(metadata, watched, of)) ?? new Date(now).toISOString());
  // The past that a day is compared with, and no more: a year of minutes is not read for it.
  const from = new Date(newest - DAYS * DAY_MS).toISOString();
  const recent = await rollupsOf(metadata, watched, { ...of, from });
  const today = recent.filter(({ start }) => Date.parse(start) > newest - DAY_MS);
  const before = recent.filter(({ start }) => Date.parse(start) <= newest - DAY_MS);
  const window = summed(today);
  const past = summed(before);
  const checks = [
    ...named.reference.features.flatMap((feature) => featureChecks(feature, window)),
    ...unknownChecks(window),
    duplicates(window, past),
    ...feedChecks(
      recent.map(({ start, rollup }) => ({ start, rows: rollup.rows })),
      newest,
      now,
    ),
  ].toSorted((a, b) => rank(a) - rank(b));
  const first = today[0];
  return {
    deployment: watched.deployment,
    model: { name: watched.model.name, version: watched.model.version },
    checkedAt: new Date(now).toISOString(),
    window: {
      rows: window.rows,
      ...(first ? { from: first.start, to: new Date(newest + 60_000).toISOString() } : {}),
    },
    state: checks.some(({ state }) => state === 'bad') ? 'bad' : window.rows < FEWEST ? 'waiting' : 'ok',
    checks,
    days: daysOf(recent, named.reference.features),
  };
}

const rank = ({ state }: QualityCheck): number => (state === 'bad' ? 0 : state === 'waiting' ? 1 : 2);

function summed(rollups: readonly { readonly rollup: Rollup }[]): Rollup {
  const sum = noRollup();
  for (const { rollup } of rollups) addRollup(sum, rollup);
  return sum;
}

const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.001 ? 3 : 1)} %`;

interface Share {
  readonly check: string;
  readonly feature?: string;
  readonly count: number;
  readonly rows: number;
  readonly expected: number;
  /** The share that is put up with whatever chance says. */
  readonly spare: number;
  readonly words: string;
}

/** A share of rows: bad where it is above what is expected by more than chance and more than is put up with. */
function share({ check, feature, count, rows, expected, spare, words }: Share): QualityCheck {
  const limit =
    spare === 0
      ? 0
      : expected + Math.max(spare, ERRORS * Math.sqrt((expected * (1 - expected)) / Math.max(1, rows)));
  const value = rows === 0 ? null : count / rows;
  const tooFew = rows < FEWEST && spare > 0;
  const state = tooFew || value === null ? 'waiting' : value > limit ? 'bad' : 'ok';
  const of = feature === undefined ? '' : `${feature}: `;
  return {
    check,
    ...(feature === undefined ? {} : { feature }),
    state,
    value,
    expected,
    limit: Math.min(1, limit),
    unit: 'share',
    summary:
      state === 'waiting'
        ? `${of}${rows} rows, ${FEWEST} are needed.`
        : `${of}${percent(value ?? 0)} of ${rows} rows ${words}; ${percent(expected)} in the reference, up to ${percent(Math.min(1, limit))} is usual.`,
  };
}

function featureChecks(reference: FeatureReference, window: Rollup): QualityCheck[] {
  const feature = reference.name;
  const counts = window.features.get(feature);
  if (!counts) return [];
  const values = sumOf(counts.bins);
  const total = values + counts.nulls + counts.wrong;
  const known =
    reference.kind === 'numeric'
      ? sumOf(reference.counts)
      : sumOf(reference.top.map(([, n]) => n)) + reference.other;
  const examples =
    counts.examples.length > 0 ? ` (${counts.examples.map((text) => JSON.stringify(text)).join(', ')})` : '';
  const checks = [
    share({
      check: counts.nulls === total && total > 0 ? 'absent' : 'missing',
      feature,
      count: counts.nulls,
      rows: total,
      expected: reference.nulls / (known + reference.nulls || 1),
      spare: NOTABLE,
      words: 'are missing',
    }),
    share({
      check: 'wrong-type',
      feature,
      count: counts.wrong,
      rows: total,
      expected: 0,
      spare: 0,
      words: `are of another type${examples}`,
    }),
    constant(reference, counts, values),
  ];
  const bins = counts.bins;
  return reference.kind === 'numeric'
    ? [
        ...checks,
        share({
          check: 'out-of-range',
          feature,
          count: (bins[0] ?? 0) + (bins.at(-1) ?? 0),
          rows: values,
          // Of as many rows as the reference has and one more, the least and the greatest; and what itself lies there, where its edges
          // are not its least and greatest value.
          expected: Math.min(
            1,
            2 / (known + 1) + ((reference.counts[0] ?? 0) + (reference.counts.at(-1) ?? 0)) / (known || 1),
          ),
          spare: 0.01,
          words: `lie outside of ${reference.edges[0]} to ${reference.edges.at(-1)}`,
        }),
      ]
    : [
        ...checks,
        share({
          check: 'unseen',
          feature,
          count: bins.at(-1) ?? 0,
          rows: values,
          expected: 1 / (known + 1),
          spare: 0.01,
          words: `have a value that the reference does not know${examples}`,
        }),
      ];
}

function constant(reference: FeatureReference, { bins }: FeatureCounts, values: number): QualityCheck {
  const different = bins.filter((count) => count > 0).length;
  const before =
    reference.kind === 'numeric'
      ? reference.counts.filter((count) => count > 0).length
      : reference.top.length + (reference.other > 0 ? 1 : 0);
  const isBad = values >= FEWEST && different === 1 && before > 2;
  return {
    check: 'constant',
    feature: reference.name,
    state: values < FEWEST ? 'waiting' : isBad ? 'bad' : 'ok',
    value: different,
    expected: before,
    limit: before > 2 ? 1 : null,
    unit: 'values',
    summary: isBad
      ? `${reference.name}: all ${values} values are alike; the reference has ${before} kinds of them.`
      : `${reference.name}: ${different} kinds of values; the reference has ${before}.`,
  };
}

const unknownChecks = (window: Rollup): QualityCheck[] =>
  [...window.unknown].map(([feature, rows]) => ({
    check: 'unknown-field',
    feature,
    state: 'ok',
    value: window.rows === 0 ? null : rows / window.rows,
    expected: 0,
    limit: null,
    unit: 'share',
    summary: `${feature}: came in ${rows} of ${window.rows} rows and is not watched: the reference has no such column.`,
  }));

function duplicates(window: Rollup, past: Rollup): QualityCheck {
  const usual = past.rows >= FEWEST ? past.duplicates / past.rows : undefined;
  if (usual === undefined) {
    return {
      check: 'duplicates',
      state: 'waiting',
      value: window.rows === 0 ? null : window.duplicates / window.rows,
      expected: null,
      limit: null,
      unit: 'share',
      summary: `${window.duplicates} of ${window.rows} rows are the same as another of their minute; there is no day before to compare with.`,
    };
  }
  return share({
    check: 'duplicates',
    count: window.duplicates,
    rows: window.rows,
    expected: usual,
    spare: 0.1,
    words: 'are the same as another of their minute',
  });
}

function daysOf(
  rollups: readonly { readonly start: string; readonly rollup: Rollup }[],
  features: readonly FeatureReference[],
): QualityReport['days'] {
  const days = new Map<string, Rollup>();
  for (const { start, rollup } of rollups) {
    const day = start.slice(0, 10);
    const sum = days.get(day) ?? noRollup();
    addRollup(sum, rollup);
    days.set(day, sum);
  }
  return [...days].map(([day, { rows, duplicates: again, features: counted }]) => {
    const faults: Record<string, number> = {
      missing: 0,
      'wrong-type': 0,
      'out-of-range': 0,
      unseen: 0,
      duplicates: again,
    };
    for (const { name, kind } of features) {
      const counts = counted.get(name);
      if (!counts) continue;
      faults.missing = (faults.missing ?? 0) + counts.nulls;
      faults['wrong-type'] = (faults['wrong-type'] ?? 0) + counts.wrong;
      const [first, last] = [counts.bins[0] ?? 0, counts.bins.at(-1) ?? 0];
      if (kind === 'numeric') faults['out-of-range'] = (faults['out-of-range'] ?? 0) + first + last;
      else faults.unseen = (faults.unseen ?? 0) + last;
    }
    return { day, rows, faults: Object.fromEntries(Object.entries(faults).filter(([, count]) => count > 0)) };
  });
}
