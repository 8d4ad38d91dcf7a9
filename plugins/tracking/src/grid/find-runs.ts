import type { RunStatus } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { type Expression, type Kysely, type SqlBool, sql } from 'kysely';
import type { TrackingTables } from '../tracking-tables.ts';
import { hasStatus, holds, readCondition, runRow } from './condition.ts';
import { type RunKey, readKey } from './run-key.ts';

type Db = Kysely<TrackingTables>;

/** Which runs, in which order, and which of them. */
export interface RunsWanted {
  readonly runs?: readonly string[] | undefined;
  readonly kind?: string | undefined;
  /** With those nested in it. */
  readonly experiment?: string | undefined;
  readonly parent?: string | undefined;
  readonly status?: RunStatus | undefined;
  readonly where?: readonly string[] | undefined;
  readonly sort?: string | undefined;
  /** Left out: the best, the newest or the least first, as is usual for what is sorted by. */
  readonly order?: 'asc' | 'desc' | undefined;
  readonly offset?: number | undefined;
  readonly limit: number;
}

/**
 * What rows of `tracked_runs`, called `one`, have to be.
 *
 * @throws TRS_TRACKING_CONDITION, TRS_TRACKING_KEY, TRS_TRACKING_DIRECTION
 */
export async function wantedRuns(
  scope: Scope,
  { runs, kind, experiment, parent, status, where = [] }: Omit<RunsWanted, 'limit'>,
): Promise<Expression<SqlBool>> {
  const { clock, query } = await scope.service(metadataToken);
  const db = query<TrackingTables>();
  return runRow.and([
    runRow('one.deleted_at', 'is', null),
    ...(runs === undefined ? [] : [runRow('one.run', 'in', runs)]),
    ...(kind === undefined ? [] : [runRow('one.kind', '=', kind)]),
    ...(parent === undefined ? [] : [runRow('one.parent', '=', parent)]),
    ...(experiment === undefined ? [] : [isWithin(experiment)]),
    ...(status === undefined ? [] : [hasStatus(clock.ms, status)]),
    ...where.map((text) => holds(db, clock.ms, readCondition(scope, text))),
  ]);
}

/** In the experiment or one nested in it. Compared as it stands: "like" has an opinion of case and of signs. */
const isWithin = (experiment: string): Expression<SqlBool> =>
  runRow.or([
    runRow('one.experiment', '=', experiment),
    sql<SqlBool>`substr(one.experiment, 1, ${sql.lit(experiment.length + 1)}) = ${`${experiment}/`}`,
  ]);

/** The ids of the wanted runs, in their order, and how many there are in all. */
export async function findRuns(
  scope: Scope,
  wanted: RunsWanted,
): Promise<{ readonly ids: readonly string[]; readonly total: number }> {
  const db = (await scope.service(metadataToken)).query<TrackingTables>();
  const isWanted = await wantedRuns(scope, wanted);
  const { total } = await db
    .selectFrom('tracked_runs as one')
    .select((select) => select.fn.countAll().as('total'))
    .where(isWanted)
    .executeTakeFirstOrThrow();
  const key = readKey(scope, wanted.sort ?? 'started');
  const direction = wanted.order ?? usualOrder(key, wanted.sort);
  const ids: string[] = [];
  let skip = wanted.offset ?? 0;
  // Runs that have what is sorted by stand first, whichever way; a part that is over lets the next begin.
  for (const part of partsBy(db, isWanted, key, direction)) {
    const rows = await part
      .limit(wanted.limit - ids.length)
      .offset(skip)
      .execute();
    ids.push(...rows.map(({ run }) => run));
    if (ids.length >= wanted.limit) break;
    if (rows.length > 0 || skip === 0) {
      skip = 0;
      continue;
    }
    const { size } = await db
      .selectFrom(part.as('part'))
      .select((select) => select.fn.countAll().as('size'))
      .executeTakeFirstOrThrow();
    skip -= Number(size);
  }
  return { ids, total: Number(total) };
}

function usualOrder(key: RunKey, sort: string | undefined): 'asc' | 'desc' {
  if (key.of === 'field') return key.column === 'started_at' || key.column === 'finished_at' ? 'desc' : 'asc';
  return key.of === 'metric' && key.aggregate === 'high' && sort?.startsWith('best:') ? 'desc' : 'asc';
}

/** Runs in order, one part behind the other: those that have what is sorted by, then those that have not, the newest first. */
function partsBy(db: Db, isWanted: Expression<SqlBool>, key: RunKey, direction: 'asc' | 'desc') {
  const all = db.selectFrom('tracked_runs as one').select('one.run').where(isWanted);
  if (key.of === 'field')
    return [all.orderBy(runRow.ref(`one.${key.column}`), direction).orderBy('one.run', direction)];
  const newest = all.orderBy('one.started_at', 'desc').orderBy('one.run', 'desc');
  const without = (have: Expression<unknown>) => newest.where(sql<SqlBool>`one.run not in ${have}`);
  if (key.of === 'metric') {
    const column = `key.${key.aggregate}` as const;
    const having = db
      .selectFrom('run_summaries as key')
      .where('key.name', '=', key.name)
      .where(column, 'is not', null);
    return [
      having
        .innerJoin('tracked_runs as one', 'one.run', 'key.run')
        .where(isWanted)
        .select('key.run')
        .orderBy(column, direction)
        .orderBy('key.run', direction),
      without(having.select('key.run')),
    ];
  }
  if (key.of === 'tag') {
    const having = db.selectFrom('run_tags as key').where('key.name', '=', key.name);
    return [
      having
        .innerJoin('tracked_runs as one', 'one.run', 'key.run')
        .where(isWanted)
        .select('key.run')
        .orderBy('key.value', direction)
        .orderBy('key.run', direction),
      without(having.select('key.run')),
    ];
  }
  const having = db.selectFrom('run_params as key').where('key.name', '=', key.name);
  const joined = having
    .innerJoin('tracked_runs as one', 'one.run', 'key.run')
    .where(isWanted)
    .select('key.run');
  return [
    joined.where('key.number', 'is not', null).orderBy('key.number', direction).orderBy('key.run', direction),
    joined.where('key.number', 'is', null).orderBy('key.value', direction).orderBy('key.run', direction),
    without(having.select('key.run')),
  ];
}
