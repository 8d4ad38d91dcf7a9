import { type Kysely, sql } from 'kysely';
import type { TrackingTables } from './tracking-tables.ts';
import type { MetricRow } from './write-rows.ts';

type Db = Kysely<TrackingTables>;

/** Steps of a stretch. */
export const STRETCH = 256;
/** From so many points on a series has stretches: of fewer the points themselves are read as fast. */
export const LONG_SERIES = 20_000;
/** A row has at most twelve values, and SQLite takes some thirty thousand in a statement. */
const ROWS_AT_ONCE = 1_000;

type Summary = Omit<TrackingTables['run_summaries'], 'run' | 'name'>;

/**
 * Brings what the series of a run have come to up to date with points that were just added, in the same transaction. The last value is
 * that of the greatest step; of equal steps, the latest.
 */
export async function keepSummaries(db: Db, run: string, rows: readonly MetricRow[]): Promise<void> {
  if (rows.length === 0) return;
  const added = summariesOf(rows);
  const names = [...added.keys()];
  const before = new Map<string, number>();
  for (let from = 0; from < names.length; from += ROWS_AT_ONCE) {
    const part = names.slice(from, from + ROWS_AT_ONCE);
    const known = await db
      .selectFrom('run_summaries')
      .select(['name', 'points'])
      .where('run', '=', run)
      .where('name', 'in', part)
      .execute();
    for (const { name, points } of known) before.set(name, Number(points));
    await merge(
      db,
      part.flatMap((name) => {
        const one = added.get(name);
        return one === undefined ? [] : [{ run, name, ...one }];
      }),
    );
  }
  const long = new Set(names.filter((name) => (before.get(name) ?? 0) >= LONG_SERIES));
  if (long.size > 0)
    await keepStretches(
      db,
      run,
      rows.filter(({ name }) => long.has(name)),
    );
  for (const [name, { points }] of added) {
    const had = before.get(name) ?? 0;
    if (had < LONG_SERIES && had + points >= LONG_SERIES) await stretchAll(db, run, name);
  }
}

function summariesOf(rows: readonly MetricRow[]): ReadonlyMap<string, Summary> {
  const all = new Map<string, Summary>();
  for (const { name, at, value, time } of rows) {
    const isNumber = Number.isFinite(value);
    const one = all.get(name);
    if (one === undefined) {
      const finite = isNumber ? value : null;
      const finiteAt = isNumber ? at : null;
      all.set(name, {
        ...{ points: 1, first_at: at, last_at: at, last_time: time, last: finite },
        last_special: isNumber ? null : String(value),
        ...{ low: finite, low_at: finiteAt, high: finite, high_at: finiteAt },
      });
      continue;
    }
    one.points += 1;
    one.first_at = Math.min(one.first_at, at);
    if (at > one.last_at || (at === one.last_at && time >= one.last_time))
      Object.assign(one, {
        ...{ last_at: at, last_time: time },
        ...{ last: isNumber ? value : null, last_special: isNumber ? null : String(value) },
      });
    if (!isNumber) continue;
    if (one.low === null || value < one.low) [one.low, one.low_at] = [value, at];
    if (one.high === null || value > one.high) [one.high, one.high_at] = [value, at];
  }
  return all;
}

type SummaryRow = TrackingTables['run_summaries'];

async function merge(db: Db, rows: readonly SummaryRow[]): Promise<void> {
  const isNewer = sql`excluded.last_at > run_summaries.last_at
    or (excluded.last_at = run_summaries.last_at and excluded.last_time >= run_summaries.last_time)`;
  const isLower = sql`run_summaries.low is null or excluded.low < run_summaries.low`;
  const isHigher = sql`run_summaries.high is null or excluded.high > run_summaries.high`;
  const when = <T>(condition: ReturnType<typeof sql>, column: keyof SummaryRow) =>
    sql<T>`case when ${condition} then ${sql.ref(`excluded.${column}`)} else ${sql.ref(`run_summaries.${column}`)} end`;
  await db
    .insertInto('run_summaries')
    .values([...rows])
    .onConflict((conflict) =>
      conflict.columns(['run', 'name']).doUpdateSet({
        points: sql<number>`run_summaries.points + excluded.points`,
        first_at: when<number>(sql`excluded.first_at < run_summaries.first_at`, 'first_at'),
        last_at: when<number>(isNewer, 'last_at'),
        last_time: when<string>(isNewer, 'last_time'),
        last: when<number | null>(isNewer, 'last'),
        last_special: when<string | null>(isNewer, 'last_special'),
        low: when<number | null>(isLower, 'low'),
        low_at: when<number | null>(isLower, 'low_at'),
        high: when<number | null>(isHigher, 'high'),
        high_at: when<number | null>(isHigher, 'high_at'),
      }),
    )
    .execute();
}

type StretchRow = TrackingTables['run_stretches'];

async function keepStretches(db: Db, run: string, rows: readonly MetricRow[]): Promise<void> {
  const stretches = new Map<string, StretchRow>();
  for (const { name, at, value, time } of rows) {
    const place = Math.floor(at / STRETCH);
    const finite = Number.isFinite(value) ? value : null;
    const key = `${place} ${name}`;
    const one = stretches.get(key);
    if (one === undefined) {
      stretches.set(key, { run, name, place, first_at: at, time, low: finite, high: finite });
      continue;
    }
    one.first_at = Math.min(one.first_at, at);
    if (time > one.time) one.time = time;
    if (finite === null) continue;
    if (one.low === null || finite < one.low) one.low = finite;
    if (one.high === null || finite > one.high) one.high = finite;
  }
  const all = [...stretches.values()];
  const isEarlier = sql`excluded.first_at < run_stretches.first_at`;
  const isLower = sql`run_stretches.low is null or excluded.low < run_stretches.low`;
  const isHigher = sql`run_stretches.high is null or excluded.high > run_stretches.high`;
  const when = <T>(condition: ReturnType<typeof sql>, column: keyof StretchRow) =>
    sql<T>`case when ${condition} then ${sql.ref(`excluded.${column}`)} else ${sql.ref(`run_stretches.${column}`)} end`;
  for (let from = 0; from < all.length; from += ROWS_AT_ONCE)
    await db
      .insertInto('run_stretches')
      .values(all.slice(from, from + ROWS_AT_ONCE))
      .onConflict((conflict) =>
        conflict.columns(['run', 'name', 'place']).doUpdateSet({
          first_at: when<number>(isEarlier, 'first_at'),
          time: when<string>(sql`excluded.time > run_stretches.time`, 'time'),
          low: when<number | null>(isLower, 'low'),
          high: when<number | null>(isHigher, 'high'),
        }),
      )
      .execute();
}

/** The stretches of a series that has become long, from its points. */
async function stretchAll(db: Db, run: string, name: string): Promise<void> {
  const place = sql<number>`at / ${sql.lit(STRETCH)}`;
  await db
    .insertInto('run_stretches')
    .columns(['run', 'name', 'place', 'first_at', 'time', 'low', 'high'])
    .expression(
      db
        .selectFrom('run_metrics')
        .select((select) => [
          'run',
          'name',
          place.as('place'),
          select.fn.min('at').as('first_at'),
          select.fn.max('time').as('time'),
          sql<number | null>`min(case when special is null then value end)`.as('low'),
          sql<number | null>`max(case when special is null then value end)`.as('high'),
        ])
        .where('run', '=', run)
        .where('name', '=', name)
        .groupBy(['run', 'name', place]),
    )
    .execute();
}

/** What was logged before summaries were kept. */
export async function summariseAll(db: Db): Promise<void> {
  const series = await db
    .selectFrom('run_metrics')
    .select((select) => ['run', 'name', select.fn.countAll().as('points')])
    .groupBy(['run', 'name'])
    .execute();
  for (const { run, name, points } of series) {
    const of = db.selectFrom('run_metrics').where('run', '=', run).where('name', '=', name);
    const finite = of.select(['at', 'value']).where('special', 'is', null);
    const [ends, last, low, high] = [
      await of
        .select((select) => [select.fn.min('at').as('first'), select.fn.max('at').as('last')])
        .executeTakeFirstOrThrow(),
      await of
        .select(['value', 'special', 'time'])
        .orderBy('at', 'desc')
        .orderBy('time', 'desc')
        .limit(1)
        .executeTakeFirstOrThrow(),
      await finite.orderBy('value').orderBy('at').limit(1).executeTakeFirst(),
      await finite.orderBy('value', 'desc').orderBy('at').limit(1).executeTakeFirst(),
    ];
    await db
      .insertInto('run_summaries')
      .values({
        ...{ run, name, points: Number(points), first_at: Number(ends.first), last_at: Number(ends.last) },
        last_time: last.time,
        last: last.special === null ? last.value : null,
        last_special: last.special,
        ...{ low: low?.value ?? null, low_at: low?.at ?? null },
        ...{ high: high?.value ?? null, high_at: high?.at ?? null },
      })
      .execute();
    if (Number(points) >= LONG_SERIES) await stretchAll(db, run, name);
  }
  const params = await db.selectFrom('run_params').select(['run', 'name', 'value']).execute();
  for (const { run, name, value } of params) {
    const number = numberOf(value);
    if (number === null) continue;
    await db
      .updateTable('run_params')
      .set({ number })
      .where('run', '=', run)
      .where('name', '=', name)
      .execute();
  }
}

const JSON_NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** The number that a parameter is, as it stands in JSON; null of what is none, or is too large for one. */
export function numberOf(json: string): number | null {
  if (!JSON_NUMBER.test(json)) return null;
  const number = Number(json);
  return Number.isFinite(number) ? number : null;
}
