import type { Scope } from '@trestle/kernel';
import { type Change, metadataToken } from '@trestle/store';
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
  const { segments } = rulesOf(scope.config(monitoringConfig), watched.deployment);
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
      const found = new Map<string, Rollup>();
      const seen = new Set<string>();
      const values = await segmentsOf(db, watched, name, segments);
      for (const request of requests) {
        const minute = `${request.time.slice(0, 16)}:00.000Z`;
        for (const row of rowsOf(request)) {
          const one = `${minute}${JSON.stringify(row.input)}`;
          const isAgain = seen.has(one);
          seen.add(one);
          for (const segment of ['', ...segmentsFor(row, segments, values)]) {
            const key = `${minute}/${segment}`;
            const rollup = found.get(key) ?? noRollup();
            found.set(key, rollup);
            count(rollup, counters, known, facts, row, isAgain);
          }
        }
      }
      for (const [key, rollup] of found) {
        const at = key.indexOf('/');
        await merge(db, watched, name, 'minute', key.slice(0, at), key.slice(at + 1), rollup);
      }
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

/** Merges what is old into longer times: a year is read in milliseconds then. */
export async function compactRollups(scope: Scope, watched: Watched, now: number): Promise<void> {
  const metadata = await scope.service(metadataToken);
  for (const { from, to, ms, after } of STEPS) {
    for (;;) {
      const limit = new Date(Math.floor((now - after) / ms) * ms).toISOString();
      const isDone = await metadata.write<MonitoringTables, boolean>(async (db) => {
        const rows = await db
          .selectFrom('monitoring_rollups')
          .selectAll()
          .where('deployment', '=', watched.deployment)
          .where('span', '=', from)
          .where('start', '<', limit)
          .orderBy('start')
          .limit(500)
          .execute();
        const sums = new Map<string, { row: (typeof rows)[number]; start: string; sum: Rollup }>();
        for (const row of rows) {
          const start = new Date(Math.floor(Date.parse(row.start) / ms) * ms).toISOString();
          const key = JSON.stringify([row.model, row.version, row.reference, start, row.segment]);
          const group = sums.get(key) ?? { row, start, sum: noRollup() };
          addRollup(group.sum, decodeRollup(row.counts, row.row_count));
          sums.set(key, group);
          const { deployment, model, version, reference, span, segment } = row;
          await db
            .deleteFrom('monitoring_rollups')
            .where((eb) => eb.and({ deployment, model, version, reference, span, start: row.start, segment }))
            .execute();
        }
        for (const { row, start, sum } of sums.values()) {
          const of: Watched = { ...watched, model: { name: row.model, version: row.version } };
          await merge(db, of, row.reference, to, start, row.segment, sum);
        }
        return rows.length < 500;
      });
      if (isDone) break;
    }
  }
}
