import type { Kysely } from 'kysely';
import { checkCount } from './limits.ts';
import { keepSummaries, numberOf } from './summaries.ts';
import type { TrackingTables } from './tracking-tables.ts';

type Db = Kysely<TrackingTables>;
/** SQLite takes some ten thousand parameters at once; a row has at most five. */
const ROWS_AT_ONCE = 1_000;

export interface MetricRow {
  readonly name: string;
  readonly at: number;
  /** NaN and infinities too. */
  readonly value: number;
  readonly time: string;
}

/** Adds measurements, and what their series come to by them. */
export async function addMetrics(db: Db, run: string, rows: readonly MetricRow[]): Promise<void> {
  await insertMetrics(db, run, rows);
  await keepSummaries(db, run, rows);
}

/** Only the measurements themselves: for steps of the schema from before there were summaries. */
export async function insertMetrics(db: Db, run: string, rows: readonly MetricRow[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const part = rows.slice(from, from + ROWS_AT_ONCE);
    await db
      .insertInto('run_metrics')
      .values(
        part.map(({ value, ...row }) =>
          // SQLite keeps NaN as NULL, so what is no finite number is a word.
          Number.isFinite(value) ? { run, ...row, value } : { run, ...row, value: 0, special: String(value) },
        ),
      )
      .execute();
  }
}

/** The step behind the last of each series, for measurements that name none. */
export async function nextSteps(
  db: Db,
  run: string,
  names: ReadonlySet<string>,
): Promise<Map<string, number>> {
  const next = new Map<string, number>();
  for (const name of names) {
    const row = await db
      .selectFrom('run_summaries')
      .select('last_at')
      .where('run', '=', run)
      .where('name', '=', name)
      .executeTakeFirst();
    next.set(name, row === undefined ? 0 : Number(row.last_at) + 1);
  }
  return next;
}

/** @throws TRS_TRACKING_TOO_MANY when there would be too many series with these names among them */
export async function checkSeries(db: Db, run: string, names: Iterable<string>): Promise<void> {
  let fresh = 0;
  for (const name of new Set(names)) {
    const known = await db
      .selectFrom('run_summaries')
      .select('name')
      .where('run', '=', run)
      .where('name', '=', name)
      .executeTakeFirst();
    if (!known) fresh += 1;
  }
  if (fresh === 0) return;
  const { count } = await db
    .selectFrom('run_summaries')
    .select((select) => select.fn.countAll().as('count'))
    .where('run', '=', run)
    .executeTakeFirstOrThrow();
  checkCount('series', run, Number(count) + fresh);
}

export async function addNotes(db: Db, run: string, texts: readonly string[], by: string): Promise<void> {
  const { place } = await db
    .selectFrom('run_notes')
    .select((select) => select.fn.max('place').as('place'))
    .where('run', '=', run)
    .executeTakeFirstOrThrow();
  const time = new Date().toISOString();
  for (const [index, text] of texts.entries())
    await db
      .insertInto('run_notes')
      .values({ run, place: Number(place ?? 0) + index + 1, text, by, time })
      .execute();
}

export async function setParams(
  db: Db,
  run: string,
  params: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined) continue;
    const json = JSON.stringify(value);
    const row = { value: json, number: numberOf(json) };
    await db
      .insertInto('run_params')
      .values({ run, name, ...row })
      .onConflict((conflict) => conflict.columns(['run', 'name']).doUpdateSet(row))
      .execute();
  }
}

export async function setStep(
  db: Db,
  run: string,
  step: { readonly step: string; readonly place: number; readonly state: string },
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  const values = { state: step.state, detail: JSON.stringify(detail) };
  await db
    .insertInto('run_steps')
    .values({ run, step: step.step, place: step.place, ...values })
    .onConflict((conflict) => conflict.columns(['run', 'step']).doUpdateSet(values))
    .execute();
}
