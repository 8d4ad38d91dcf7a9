import type { Scope } from '@trestle/kernel';
import { quantile } from '@trestle/statistics';
import { metadataToken } from '@trestle/store';
import type { MonitoringTables } from '../tables.ts';
import type { Watched } from '../watched.ts';
import type { QualityCheck } from './quality-report.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The calendar, and the feed's own past. */
export const DAYS = 35;
/** Hours of other days that tell how many rows an hour has. */
const FEWEST_HOURS = 3;
/** Standard errors beyond which fewer rows are no chance. */
const ERRORS = 5;

/** Whether rows come as they usually do, by the counts of the roll-ups alone. */
export async function measureFeed(scope: Scope, watched: Watched): Promise<readonly QualityCheck[]> {
  const now = Date.now();
  const minutes = await (await scope.service(metadataToken))
    .query<MonitoringTables>()
    .selectFrom('monitoring_rollups')
    .select(['start', 'row_count as rows'])
    .where('deployment', '=', watched.deployment)
    .where('model', '=', watched.model.name)
    .where('version', '=', watched.model.version)
    .where('segment', '=', '')
    .where('start', '>=', new Date(now - DAYS * DAY_MS).toISOString())
    .orderBy('start')
    .execute();
  return feedChecks(minutes, Date.parse(minutes.at(-1)?.start ?? ''), now);
}

/** Whether rows come as they usually do. */
export function feedChecks(
  minutes: readonly { readonly start: string; readonly rows: number }[],
  newest: number,
  now: number,
): QualityCheck[] {
  if (minutes.length === 0) return [];
  const hours = new Map<number, number>();
  for (const { start, rows } of minutes) {
    const hour = Math.floor(Date.parse(start) / HOUR_MS);
    hours.set(hour, (hours.get(hour) ?? 0) + rows);
  }
  const sorted = [...hours.keys()].toSorted((a, b) => a - b);
  const gaps = sorted.slice(1).map((hour, k) => hour - (sorted[k] ?? hour));
  const usualGap = gaps.length >= FEWEST_HOURS ? Math.max(...gaps) * HOUR_MS : undefined;
  const age = now - newest;
  const limit = usualGap === undefined ? undefined : 2 * usualGap + HOUR_MS;
  const stale: QualityCheck = {
    check: 'stale',
    state: limit === undefined ? 'waiting' : age > limit ? 'bad' : 'ok',
    value: Math.round(age / 1_000),
    expected: usualGap === undefined ? null : usualGap / 1_000,
    limit: limit === undefined ? null : limit / 1_000,
    unit: 'seconds',
    summary:
      limit === undefined
        ? `The newest row is ${words(age)} old; ${FEWEST_HOURS + 1} hours with rows are needed to know what is usual.`
        : `The newest row is ${words(age)} old; up to ${words(limit)} is usual.`,
  };
  // The last hour that is over, and the same one of the days before.
  const last = Math.floor(newest / HOUR_MS) - 1;
  const same = [...hours].flatMap(([hour, rows]) => (hour < last && (last - hour) % 24 === 0 ? [rows] : []));
  if (same.length < FEWEST_HOURS) return [stale];
  const usual = quantile(
    same.toSorted((a, b) => a - b),
    0.5,
  );
  const rows = hours.get(last) ?? 0;
  const fewest = Math.max(0, usual / 2 - ERRORS * Math.sqrt(usual));
  return [
    stale,
    {
      check: 'fewer-rows',
      state: rows < fewest ? 'bad' : 'ok',
      value: rows,
      expected: usual,
      limit: fewest,
      unit: 'rows',
      summary: `${rows} rows in the hour from ${new Date(last * HOUR_MS).toISOString()}; ${usual} is the median of that hour on ${same.length} days before.`,
    },
  ];
}

const words = (ms: number): string =>
  ms < 2 * HOUR_MS
    ? `${Math.round(ms / 60_000)} minutes`
    : ms < 3 * DAY_MS
      ? `${(ms / HOUR_MS).toFixed(1)} hours`
      : `${Math.round(ms / DAY_MS)} days`;
