import type { Metadata } from '@trestle/store';
import type { MonitoringTables } from '../tables.ts';
import type { Watched } from '../watched.ts';
import { addCounts, type FeatureCounts, noCounts } from './feature-counts.ts';

/** Rows counted over a time, by feature. */
export interface Rollup {
  rows: number;
  /** Rows that were the same as another of their minute, to the last value. */
  duplicates: number;
  readonly features: Map<string, FeatureCounts>;
  /** Fields that the reference does not have, and in how many rows they came. */
  readonly unknown: Map<string, number>;
}

export const noRollup = (): Rollup => ({ rows: 0, duplicates: 0, features: new Map(), unknown: new Map() });

/** Names of unknown fields that are counted. */
const MOST_UNKNOWN = 50;

export function addRollup(into: Rollup, from: Rollup): void {
  into.rows += from.rows;
  into.duplicates += from.duplicates;
  for (const [name, counts] of from.features) {
    const sum = into.features.get(name) ?? noCounts(counts.bins.length);
    addCounts(sum, counts);
    into.features.set(name, sum);
  }
  for (const [name, count] of from.unknown)
    if (into.unknown.has(name) || into.unknown.size < MOST_UNKNOWN)
      into.unknown.set(name, (into.unknown.get(name) ?? 0) + count);
}

/** Bins that are not empty, as pairs of place and count: most of a minute's are. */
interface Stored {
  readonly d: number;
  readonly u: readonly (readonly [string, number])[];
  readonly f: readonly (readonly [
    name: string,
    bins: number,
    pairs: readonly number[],
    nulls: number,
    wrong: number,
    examples: readonly string[],
  ])[];
}

export function encodeRollup({ duplicates, features, unknown }: Rollup): string {
  const stored: Stored = {
    d: duplicates,
    u: [...unknown],
    f: [...features].map(([name, { bins, nulls, wrong, examples }]) => {
      const pairs: number[] = [];
      for (const [bin, count] of bins.entries()) if (count > 0) pairs.push(bin, count);
      return [name, bins.length, pairs, nulls, wrong, examples];
    }),
  };
  return JSON.stringify(stored);
}

/** @param text as `encodeRollup` wrote it: a table of this plugin alone */
export function decodeRollup(text: string, rows: number): Rollup {
  const stored: Stored = JSON.parse(text);
  return {
    rows,
    duplicates: stored.d,
    unknown: new Map(stored.u),
    features: new Map(
      stored.f.map(([name, length, pairs, nulls, wrong, examples]) => {
        const counts = { ...noCounts(length), nulls, wrong, examples: [...examples] };
        for (let k = 0; k < pairs.length; k += 2) counts.bins[pairs[k] ?? 0] = pairs[k + 1] ?? 0;
        return [name, counts] as const;
      }),
    ),
  };
}

/** When the newest counts of a segment begin; undefined where there are none. */
export async function newestRollup(
  metadata: Metadata,
  of: Watched,
  { reference, segment }: { readonly reference: string; readonly segment: string },
): Promise<string | undefined> {
  const row = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_rollups')
    .select('start')
    .where((eb) =>
      eb.and({
        deployment: of.deployment,
        model: of.model.name,
        version: of.model.version,
        reference,
        segment,
      }),
    )
    .orderBy('start', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.start;
}

/** What was counted in a minute, an hour or a day. */
export interface Counted {
  readonly start: string;
  readonly segment: string;
  readonly rollup: Rollup;
}

/** What was counted in a time, the oldest first. */
export async function rollupsOf(
  metadata: Metadata,
  of: Watched,
  options: {
    readonly reference: string;
    readonly from: string;
    readonly to?: string;
    /** All of them where it is left out. */
    readonly segment?: string;
  },
): Promise<readonly Counted[]> {
  let query = metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_rollups')
    .select(['start', 'segment', 'row_count', 'counts'])
    .where('deployment', '=', of.deployment)
    .where('model', '=', of.model.name)
    .where('version', '=', of.model.version)
    .where('reference', '=', options.reference)
    .where('start', '>=', options.from);
  if (options.to !== undefined) query = query.where('start', '<', options.to);
  if (options.segment !== undefined) query = query.where('segment', '=', options.segment);
  const rows = await query.orderBy('start').execute();
  return rows.map(({ start, segment, row_count, counts }) => ({
    start,
    segment,
    rollup: decodeRollup(counts, row_count),
  }));
}

/** Rows of a query: some megabytes of counts at most. */
const PAGE = 1_000;

/** What was counted from a time on in all segments, the oldest first, a part in memory at a time. */
export async function* rollupsSince(
  metadata: Metadata,
  of: Watched,
  { reference, from }: { readonly reference: string; readonly from: string },
): AsyncGenerator<Counted> {
  let after = { start: from, span: '', segment: '' };
  for (;;) {
    const { start, span, segment } = after;
    const rows = await metadata
      .query<MonitoringTables>()
      .selectFrom('monitoring_rollups')
      .select(['start', 'span', 'segment', 'row_count', 'counts'])
      .where('deployment', '=', of.deployment)
      .where('model', '=', of.model.name)
      .where('version', '=', of.model.version)
      .where('reference', '=', reference)
      .where(({ eb, refTuple, tuple }) =>
        eb(refTuple('start', 'span', 'segment'), '>', tuple(start, span, segment)),
      )
      .orderBy('start')
      .orderBy('span')
      .orderBy('segment')
      .limit(PAGE)
      .execute();
    for (const row of rows)
      yield { start: row.start, segment: row.segment, rollup: decodeRollup(row.counts, row.row_count) };
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last;
  }
}

/** The segments of which something was counted from a time on; `''` is all rows. */
export async function segmentsSince(
  metadata: Metadata,
  of: Watched,
  { reference, from }: { readonly reference: string; readonly from: string },
): Promise<{ readonly segments: readonly string[]; readonly newest: string | undefined }> {
  const rows = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_rollups')
    .select(({ fn }) => ['segment', fn.max<string>('start').as('newest')])
    .where('deployment', '=', of.deployment)
    .where('model', '=', of.model.name)
    .where('version', '=', of.model.version)
    .where('reference', '=', reference)
    .where('start', '>=', from)
    .groupBy('segment')
    .orderBy('segment')
    .execute();
  const times = rows.map(({ newest }) => newest).toSorted();
  return { segments: rows.map(({ segment }) => segment), newest: times.at(-1) };
}
