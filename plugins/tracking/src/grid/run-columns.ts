import type { Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { type Kysely, type SqlBool, sql } from 'kysely';
import type { TrackingTables } from '../tracking-tables.ts';
import { type RunsWanted, wantedRuns } from './find-runs.ts';
import { directionOf } from './run-key.ts';

/** Names of each kind that are told of: more than anybody looks at. */
const MOST_NAMES = 20_000;

/** What the wanted runs have: each parameter, metric and tag, of how many runs, and whether it differs between them. */
export async function runColumns(scope: Scope, wanted: Omit<RunsWanted, 'limit'>) {
  const db = (await scope.service(metadataToken)).query<TrackingTables>();
  const isWanted = await wantedRuns(scope, wanted);
  const { total } = await db
    .selectFrom('tracked_runs as one')
    .select((select) => select.fn.countAll().as('total'))
    .where(isWanted)
    .executeTakeFirstOrThrow();
  const count = Number(total);
  const differs = (runs: unknown, least: unknown, most: unknown): boolean =>
    Number(runs) < count || least !== most;
  const among = await amongWanted(db, isWanted, wanted);
  const [params, metrics, tags] = [
    await db
      .selectFrom('run_params')
      .select(({ fn }) => [
        'name',
        fn.countAll().as('runs'),
        fn.count('number').as('numbers'),
        fn.min('number').as('low'),
        fn.max('number').as('high'),
        fn.min('value').as('least'),
        fn.max('value').as('most'),
      ])
      .where(among)
      .groupBy('name')
      .orderBy('name')
      .limit(MOST_NAMES)
      .execute(),
    await db
      .selectFrom('run_summaries')
      .select(({ fn }) => [
        'name',
        fn.countAll().as('runs'),
        fn.min('last').as('low'),
        fn.max('last').as('high'),
        fn.max('points').as('points'),
      ])
      .where(among)
      .groupBy('name')
      .orderBy('name')
      .limit(MOST_NAMES)
      .execute(),
    await db
      .selectFrom('run_tags')
      .select(({ fn }) => [
        'name',
        fn.countAll().as('runs'),
        fn.min('value').as('least'),
        fn.max('value').as('most'),
      ])
      .where(among)
      .groupBy('name')
      .orderBy('name')
      .limit(MOST_NAMES)
      .execute(),
  ];
  return {
    total: count,
    params: params.map(({ name, runs, numbers, low, high, least, most }) => ({
      ...{ name, runs: Number(runs), differs: differs(runs, least, most) },
      ...(Number(numbers) === Number(runs) ? { low, high } : {}),
    })),
    metrics: metrics.map(({ name, runs, low, high, points }) => {
      const better = directionOf(scope, name);
      return {
        ...{ name, runs: Number(runs), differs: differs(runs, low, high), low, high },
        points: Number(points),
        ...(better === undefined ? {} : { better }),
      };
    }),
    tags: tags.map(({ name, runs, least, most }) => ({
      ...{ name, runs: Number(runs), differs: differs(runs, least, most) },
    })),
  };
}

/** Of all runs there is nothing to be looked up, unless some are deleted. */
async function amongWanted(
  db: Kysely<TrackingTables>,
  isWanted: Awaited<ReturnType<typeof wantedRuns>>,
  { runs, kind, experiment, parent, status, where = [] }: Omit<RunsWanted, 'limit'>,
) {
  const isAll = [runs, kind, experiment, parent, status].every((one) => one === undefined);
  if (isAll && where.length === 0) {
    const deleted = await db
      .selectFrom('tracked_runs')
      .select('run')
      .where('deleted_at', 'is not', null)
      .limit(1)
      .executeTakeFirst();
    if (deleted === undefined) return sql<SqlBool>`true`;
  }
  return sql<SqlBool>`run in ${db.selectFrom('tracked_runs as one').select('one.run').where(isWanted)}`;
}
