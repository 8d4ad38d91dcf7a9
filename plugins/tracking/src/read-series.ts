import { specialNumberSchema } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import { byRun } from './by-run.ts';
import { checkRuns } from './read-runs.ts';
import { LONG_SERIES, STRETCH } from './summaries.ts';
import { trackingError } from './tracking-error.ts';
import type { TrackingTables } from './tracking-tables.ts';

type Db = Kysely<TrackingTables>;

const MAX_SPECIAL = 100;
/** Series that are given at once: each may be of ten thousand steps. */
const MAX_SERIES = 500;

/**
 * The measurements of runs, by step. In time linear in what is read, which the database does: only what is given leaves it.
 *
 * @throws TRS_TRAIN_UNKNOWN_RUN, TRS_TRACKING_TOO_MANY_SERIES
 */
export async function readSeries(
  scope: Scope,
  input: {
    readonly runs: readonly string[];
    readonly metrics: readonly string[];
    readonly points: number;
    /** Only steps between these, both included. */
    readonly from?: number | undefined;
    readonly to?: number | undefined;
  },
) {
  const db = (await scope.service(metadataToken)).query<TrackingTables>();
  const runs = [...new Set(input.runs)];
  await checkRuns(scope, runs);
  const of = byRun(await extents(db, runs, input.metrics));
  const series = runs.flatMap(of).flatMap((one) => {
    const first = Math.max(one.first, input.from ?? one.first);
    const last = Math.min(one.last, input.to ?? one.last);
    return first > last ? [] : [{ ...one, first, last }];
  });
  if (series.length > MAX_SERIES)
    throw trackingError('TOO_MANY_SERIES', {
      kind: 'too-large',
      message: `${series.length} series are asked for, and ${MAX_SERIES} are given at once.`,
      hint: 'Name the metrics that are wanted with --metrics.',
    });
  return {
    series: await Promise.all(series.map((one) => measured(db, one, input.points))),
  };
}

/** A series of more points than this is thinned where all series of a run are given. */
const MOST_POINTS = 2_000;

/**
 * The finite values of the series of a run that are more than one, and of those of a training's candidates, in order. Of a step that
 * was measured again after a crash the last counts; of a long series there are the least and the greatest value of each stretch.
 */
export async function curvesOf(
  scope: Scope,
  run: string,
): Promise<{ readonly curves: Readonly<Record<string, number[]>>; readonly thinned: readonly string[] }> {
  const db = (await scope.service(metadataToken)).query<TrackingTables>();
  const curves: [string, number[]][] = [];
  const thinned: string[] = [];
  for (const one of await extents(db, [run])) {
    if (one.points < 2 && !one.name.startsWith('validation/')) continue;
    const { steps, low, high, isThinned } = await measured(db, one, MOST_POINTS / 2);
    if (isThinned) thinned.push(one.name);
    const values = new Map<number, number[]>();
    for (const [at, step] of steps.entries()) {
      const pair = new Set([low[at], high[at]]);
      values.set(
        step,
        [...pair].flatMap((value) => value ?? []),
      );
    }
    const flat = [...values.values()].flat();
    if (flat.length > 1 || one.name.startsWith('validation/')) curves.push([one.name, flat]);
  }
  return { curves: Object.fromEntries(curves), thinned };
}

/** What the series of runs extend over. @param metrics only these; all where there are none */
async function extents(db: Db, runs: readonly string[], metrics: readonly string[] = []) {
  const rows = await db
    .selectFrom('run_summaries')
    .select(['run', 'name', 'points', 'first_at', 'last_at'])
    .where('run', 'in', runs)
    .$if(metrics.length > 0, (all) => all.where('name', 'in', metrics))
    .orderBy('name')
    .execute();
  return rows.map(({ run, name, points, first_at, last_at }) => ({
    ...{ run, name, isLong: Number(points) >= LONG_SERIES },
    ...{ points: Number(points), first: Number(first_at), last: Number(last_at) },
  }));
}

async function measured(
  db: Db,
  { run, name, points, first, last, isLong }: Awaited<ReturnType<typeof extents>>[number],
  most: number,
) {
  const of = db
    .selectFrom('run_metrics')
    .where('run', '=', run)
    .where('name', '=', name)
    .where('at', '>=', first)
    .where('at', '<=', last);
  const steps = last - first + 1;
  // Of a part of a series it is not known how many points it has; of steps that are many, they may be few.
  const isThinned = Math.min(points, steps) > most;
  // Whole stretches of steps, so that each has as many; of few points every step is one.
  const stretch = isThinned ? Math.max(1, Math.ceil(steps / most)) : 1;
  const rows = !isThinned
    ? (await of.select(['at', 'value', 'special', 'time']).orderBy('at').orderBy('time').execute()).map(
        ({ at, value, special, time }) => {
          const shown = special === null ? value : null;
          return { step: at, low: shown, high: shown, time };
        },
      )
    : isLong && stretch >= STRETCH
      ? await ofStretches(db, { run, name, first, last }, Math.ceil(stretch / STRETCH))
      : await ofPoints(of, first, stretch);
  const special = await of
    .select(['at', 'special'])
    .where('special', 'is not', null)
    .orderBy('at')
    .limit(MAX_SPECIAL)
    .execute();
  return {
    ...{ run, name, points, isThinned },
    steps: rows.map(({ step }) => Number(step)),
    low: rows.map(({ low }) => low),
    high: rows.map(({ high }) => high),
    times: rows.map(({ time }) => String(time)),
    special: special.map((row) => ({ step: row.at, value: specialNumberSchema.parse(row.special) })),
  };
}

/** The extremes of each `stretch` of steps from `first` on. */
function ofPoints(of: Points, first: number, stretch: number) {
  // Written as they are: a driver binds numbers as they come, and a fraction would be a stretch of its own.
  const place = sql<number>`(at - ${sql.lit(first)}) / ${sql.lit(stretch)}`;
  return of
    .select((select) => [
      select.fn.min('at').as('step'),
      sql<number | null>`min(case when special is null then value end)`.as('low'),
      sql<number | null>`max(case when special is null then value end)`.as('high'),
      select.fn.max('time').as('time'),
    ])
    .groupBy(place)
    .orderBy(place)
    .execute();
}

type Points = SelectQueryBuilder<TrackingTables, 'run_metrics', object>;

/** The same of so many stretches that were kept while the points came. They begin where whole stretches do. */
function ofStretches(
  db: Db,
  { run, name, first, last }: { run: string; name: string; first: number; last: number },
  together: number,
) {
  const place = sql<number>`place / ${sql.lit(together)}`;
  return db
    .selectFrom('run_stretches')
    .select((select) => [
      select.fn.min('first_at').as('step'),
      select.fn.min('low').as('low'),
      select.fn.max('high').as('high'),
      select.fn.max('time').as('time'),
    ])
    .where('run', '=', run)
    .where('name', '=', name)
    .where('place', '>=', Math.floor(first / STRETCH))
    .where('place', '<=', Math.floor(last / STRETCH))
    .groupBy(place)
    .orderBy(place)
    .execute();
}
