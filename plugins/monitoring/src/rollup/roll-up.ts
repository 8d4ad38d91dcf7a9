import type { Scope } from '@trestle/kernel';
import { type Change, type Metadata, metadataToken } from '@trestle/store';
import type { NamedReference } from '../drift/watched-reference.ts';
import { rowsOf } from '../log/read-window.ts';
import { type ModelFacts, modelFactsToken } from '../model-facts.ts';
import { scoreOf } from '../performance/read-output.ts';
import { monitoringConfig, rulesOf } from '../rules/monitoring-config.ts';
import type { MonitoringTables } from '../tables.ts';
import type { Watched } from '../watched.ts';
import { countersOf, type FeatureCounter, noCounts, SCORE } from './feature-counts.ts';
import { addRollup, decodeRollup, encodeRollup, noRollup, type Rollup } from './rollup-rows.ts';

/** Requests of one transaction. */
const GROUP = 2_000;
/** Values of a feature that have a segment of their own; the others share one. */
const MOST_SEGMENTS = 50;
const OTHERS = '(other)';

/**
 * Counts the rows that were logged since, each once, however often and by however many processes this is called: taking them and
 * counting them is one transaction.
 *
 * @returns how many requests were counted
 */
export async function rollUp(scope: Scope, watched: Watched, named: NamedReference): Promise<number> {
  const metadata = await scope.service(metadataToken);
  const facts = await (await scope.service(modelFactsToken)).of(watched.model);
  const { segments, falseAlarms } = rulesOf(scope.config(monitoringConfig), watched.deployment);
  const now = Date.now();
  const { name, reference } = named;
  const counters = countersOf(reference, facts.classes.length > 0);
  const known = new Set(counters.map((counter) => counter.name));
  let counted = 0;
  for (;;) {
    const taken = await metadata.write<MonitoringTables, number>(async (db) => {
      const requests = await db
        .selectFrom('monitoring_predictions')
        .select(['id', 'time', 'inputs', 'outputs'])
        .where('deployment', '=', watched.deployment)
        .where('rolled', '=', 0)
        .where('model', '=', watched.model.name)
        .where('version', '=', watched.model.version)
        .limit(GROUP)
        .execute();
      if (requests.length === 0) return 0;
      const found = new Map<string, { span: string; start: string; segment: string; rollup: Rollup }>();
      const seen = new Set<string>();
      const values = await segmentsOf(db, watched, name, segments);
      for (const request of requests) {
        const minute = `${request.time.slice(0, 16)}:00.000Z`;
        // What is old is counted into the longer times at once; the checks of a budget look at blocks, which may be shorter.
        const { span, start } =
          falseAlarms === undefined ? timeOf(Date.parse(minute), now) : { span: 'minute', start: minute };
        for (const row of rowsOf(request)) {
          const one = `${minute}${JSON.stringify(row.input)}`;
          const isAgain = seen.has(one);
          seen.add(one);
          for (const segment of ['', ...segmentsFor(row, segments, values)]) {
            const key = `${span}/${start}/${segment}`;
            const group = found.get(key) ?? { span, start, segment, rollup: noRollup() };
            found.set(key, group);
            count(group.rollup, counters, known, facts, row, isAgain);
          }
        }
      }
      for (const { span, start, segment, rollup } of found.values())
        await merge(db, watched, name, span, start, segment, rollup);
      const ids = requests.map(({ id }) => id);
      for (let start = 0; start < ids.length; start += 1_000)
        await db
          .updateTable('monitoring_predictions')
          .set({ rolled: 1 })
          .where('deployment', '=', watched.deployment)
          .where('id', 'in', ids.slice(start, start + 1_000))
          .execute();
      return requests.length;
    });
    counted += taken;
    if (taken < GROUP) return counted;
  }
}

function count(
  rollup: Rollup,
  counters: readonly FeatureCounter[],
  known: ReadonlySet<string>,
  facts: ModelFacts,
  row: ReturnType<typeof rowsOf>[number],
  isAgain: boolean,
): void {
  rollup.rows += 1;
  if (isAgain) rollup.duplicates += 1;
  for (const counter of counters) {
    let counts = rollup.features.get(counter.name);
    if (!counts) {
      counts = noCounts(counter.bins);
      rollup.features.set(counter.name, counts);
    }
    counter.add(counts, counter.name === SCORE ? scoreOf(facts, row.output) : row.input[counter.name]);
  }
  for (const field of Object.keys(row.input))
    if (!known.has(field)) rollup.unknown.set(field, (rollup.unknown.get(field) ?? 0) + 1);
}

type Db = Change<MonitoringTables>['db'];

/** The values of each segmented feature that have a segment already. */
async function segmentsOf(
  db: Db,
  { deployment }: Watched,
  reference: string,
  features: readonly string[],
): Promise<Map<string, Set<string>>> {
  const values = new Map(features.map((feature) => [feature, new Set<string>()]));
  if (features.length === 0) return values;
  const rows = await db
    .selectFrom('monitoring_rollups')
    .select('segment')
    .distinct()
    .where('deployment', '=', deployment)
    .where('reference', '=', reference)
    .execute();
  for (const { segment } of rows) {
    const at = segment.indexOf('=');
    if (at > 0) values.get(segment.slice(0, at))?.add(segment.slice(at + 1));
  }
  return values;
}

function segmentsFor(
  row: ReturnType<typeof rowsOf>[number],
  features: readonly string[],
  known: ReadonlyMap<string, Set<string>>,
): string[] {
  return features.map((feature) => {
    const value = row.input[feature] ?? row.output[feature];
    const text = value === null || value === undefined ? '(missing)' : String(value).slice(0, 100);
    const values = known.get(feature);
    if (values && !values.has(text) && values.size >= MOST_SEGMENTS) return `${feature}=${OTHERS}`;
    values?.add(text);
    return `${feature}=${text}`;
  });
}

/** Adds counts to what is kept of a time. */
async function merge(
  db: Db,
  { deployment, model }: Watched,
  reference: string,
  span: string,
  start: string,
  segment: string,
  rollup: Rollup,
): Promise<void> {
  const key = { deployment, model: model.name, version: model.version, reference, span, start, segment };
  const before = await db
    .selectFrom('monitoring_rollups')
    .select(['row_count', 'counts'])
    .where((eb) => eb.and(key))
    .executeTakeFirst();
  const sum = before ? decodeRollup(before.counts, before.row_count) : noRollup();
  addRollup(sum, rollup);
  const values = { row_count: sum.rows, counts: encodeRollup(sum) };
  if (before)
    await db
      .updateTable('monitoring_rollups')
      .set(values)
      .where((eb) => eb.and(key))
      .execute();
  else
    await db
      .insertInto('monitoring_rollups')
      .values({ ...key, ...values })
      .execute();
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Minutes become hours, hours days, when nobody looks at them one by one any more. */
const STEPS = [
  { from: 'minute', to: 'hour', ms: HOUR_MS, after: 6 * HOUR_MS },
  { from: 'hour', to: 'day', ms: DAY_MS, after: 35 * DAY_MS },
] as const;

/** Into which time a minute is counted when it is so old. */
function timeOf(minute: number, now: number): { readonly span: string; readonly start: string } {
  const step = STEPS.findLast(({ ms, after }) => minute < Math.floor((now - after) / ms) * ms);
  const ms = step?.ms ?? 60_000;
  return { span: step?.to ?? 'minute', start: new Date(Math.floor(minute / ms) * ms).toISOString() };
}

/**
 * Merges what is old into longer times: a year is read in milliseconds then. Where a budget of false alarms is kept, only what its checks
 * have looked at: they look at blocks, which may be shorter.
 */
export async function compactRollups(scope: Scope, watched: Watched, now: number): Promise<void> {
  const metadata = await scope.service(metadataToken);
  const { falseAlarms } = rulesOf(scope.config(monitoringConfig), watched.deployment);
  const lookedAt = falseAlarms === undefined ? undefined : await lookedUntil(metadata, watched.deployment);
  const groups = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_rollups')
    .select(['model', 'version', 'reference'])
    .distinct()
    .where('deployment', '=', watched.deployment)
    .execute();
  for (const { model, version, reference } of groups) {
    const of: Watched = { ...watched, model: { name: model, version } };
    const until = lookedAt === undefined ? '9' : (lookedAt.get(`${model}@${version}`) ?? '');
    for (const step of STEPS) {
      const limit = new Date(Math.floor((now - step.after) / step.ms) * step.ms).toISOString();
      const [first = limit] = [limit, until].toSorted();
      while (await mergeOld(metadata, of, reference, step, first));
    }
  }
}

/** Until when the blocks of a deployment have been looked at, by model and version. */
async function lookedUntil(metadata: Metadata, deployment: string): Promise<ReadonlyMap<string, string>> {
  const rows = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_detectors')
    .select(['model', 'version', 'until'])
    .where('deployment', '=', deployment)
    .execute();
  return new Map(rows.map(({ model, version, until }) => [`${model}@${version}`, until]));
}

/** Rows merged in one transaction. */
const MERGED = 500;

/** @returns whether there may be more */
async function mergeOld(
  metadata: Metadata,
  of: Watched,
  reference: string,
  { from, to, ms }: (typeof STEPS)[number],
  limit: string,
): Promise<boolean> {
  const { deployment, model } = of;
  const old = { deployment, model: model.name, version: model.version, reference, span: from };
  return await metadata.write<MonitoringTables, boolean>(async (db) => {
    const rows = await db
      .selectFrom('monitoring_rollups')
      .select(['start', 'segment', 'row_count', 'counts'])
      .where((eb) => eb.and(old))
      .where('start', '<', limit)
      .orderBy('start')
      .limit(MERGED)
      .execute();
    const sums = new Map<string, { start: string; segment: string; sum: Rollup }>();
    for (const { start, segment, row_count, counts } of rows) {
      const begins = new Date(Math.floor(Date.parse(start) / ms) * ms).toISOString();
      const key = `${begins}/${segment}`;
      const group = sums.get(key) ?? { start: begins, segment, sum: noRollup() };
      addRollup(group.sum, decodeRollup(counts, row_count));
      sums.set(key, group);
      await db
        .deleteFrom('monitoring_rollups')
        .where((eb) => eb.and({ ...old, start, segment }))
        .execute();
    }
    for (const { start, segment, sum } of sums.values())
      await merge(db, of, reference, to, start, segment, sum);
    return rows.length === MERGED;
  });
}
