import {
  type RunQuery,
  type RunStatus,
  runStatusSchema,
  specialNumberSchema,
  type TrackedRun,
  trackedRunSchema,
} from '@trestle/contracts';
import { didYouMean, jobStoreToken, type Scope } from '@trestle/kernel';
import { fits, metadataToken, readStored, type StoreClock } from '@trestle/store';
import { type Kysely, type Selectable, sql } from 'kysely';
import { z } from 'zod';
import { byRun } from './by-run.ts';
import { LOST_AFTER_MS } from './live/receive.ts';
import { trackingError, unknownRunError } from './tracking-error.ts';
import type { TrackingTables } from './tracking-tables.ts';

type Row = Selectable<TrackingTables['tracked_runs']> & { readonly silent_ms: number | null };
type Db = Kysely<TrackingTables>;

/** With how long ago its process was heard, by the store's clock. */
const runRows = (db: Db, clock: StoreClock) =>
  db
    .selectFrom('tracked_runs')
    .selectAll()
    .select(sql<number | null>`${clock.ms} - heard_at_ms`.as('silent_ms'));

const JOB_ENDS: Readonly<Record<string, RunStatus>> = {
  failed: 'failed',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
  // A job that ended well has ended its run before: this one was left behind.
  succeeded: 'interrupted',
};

/** The newest first. */
export async function listRuns(scope: Scope, query: RunQuery): Promise<readonly TrackedRun[]> {
  const { clock, query: read } = await scope.service(metadataToken);
  const db = read<TrackingTables>();
  let rows = runRows(db, clock).where('deleted_at', 'is', null);
  if (query.kind !== undefined) rows = rows.where('kind', '=', query.kind);
  if (query.experiment !== undefined) rows = rows.where('experiment', '=', query.experiment);
  if (query.parent !== undefined) rows = rows.where('parent', '=', query.parent);
  const { status } = query;
  if (status !== undefined) {
    const since = sql<number>`${clock.ms} - ${LOST_AFTER_MS}`;
    rows = rows.where((where) => {
      const is = where('status', '=', status);
      // Whose process is lost stands there as running.
      if (status === 'running')
        return is.and(where.or([where('heard_at_ms', 'is', null), where('heard_at_ms', '>=', since)]));
      const isLost = where('status', '=', 'running').and('heard_at_ms', '<', since);
      return status === 'interrupted' ? is.or(isLost) : is;
    });
  }
  const found = await rows.orderBy('started_at', 'desc').orderBy('run', 'desc').limit(query.limit).execute();
  return await toRuns(scope, db, found);
}

/** Kinds of runs that our own plugins make, also where there is none yet. */
const KINDS = ['training', 'pipeline', 'retraining', 'custom'];

/** @throws TRS_TRACKING_UNKNOWN_KIND when no run is of it, and none of our plugins makes such runs */
export async function checkKind(scope: Scope, kind: string): Promise<void> {
  const rows = await (await scope.service(metadataToken))
    .query<TrackingTables>()
    .selectFrom('tracked_runs')
    .select('kind')
    .distinct()
    .where('deleted_at', 'is', null)
    .execute();
  const known = [...new Set([...KINDS, ...rows.map((row) => row.kind)])];
  if (known.includes(kind)) return;
  throw trackingError('UNKNOWN_KIND', {
    kind: 'not-found',
    message: `No run is of the kind "${kind}".${didYouMean(kind, known)}`,
    hint: `Kinds: ${known.join(', ')}.`,
    details: { kind },
  });
}

/** @throws TRS_TRACKING_UNKNOWN_EXPERIMENT when no run is in it */
export async function checkExperiment(scope: Scope, experiment: string): Promise<void> {
  const rows = await (await scope.service(metadataToken))
    .query<TrackingTables>()
    .selectFrom('tracked_runs')
    .select('experiment')
    .distinct()
    .where('deleted_at', 'is', null)
    .execute();
  const known = rows.map((row) => row.experiment);
  if (known.includes(experiment)) return;
  throw trackingError('UNKNOWN_EXPERIMENT', {
    kind: 'not-found',
    message: `There is no experiment "${experiment}".${didYouMean(experiment, known)}`,
    hint: 'See "trestle experiment list".',
  });
}

/** @throws TRS_TRAIN_UNKNOWN_RUN */
export async function findRun(scope: Scope, id: string): Promise<TrackedRun> {
  const { clock, query } = await scope.service(metadataToken);
  const db = query<TrackingTables>();
  const rows = await runRows(db, clock).where('run', '=', id).where('deleted_at', 'is', null).execute();
  const [run] = await toRuns(scope, db, rows);
  if (run) return run;
  const known = (await listRuns(scope, { limit: 200 })).map((one) => one.run);
  throw unknownRunError('UNKNOWN_RUN', {
    kind: 'not-found',
    message: `There is no run "${id.slice(0, 100)}".${didYouMean(id, known)}`,
    hint: 'See "trestle run list".',
  });
}

/** @throws TRS_TRAIN_UNKNOWN_RUN for the first that is not there */
export async function checkRuns(scope: Scope, ids: readonly string[]): Promise<void> {
  const rows = await (await scope.service(metadataToken))
    .query<TrackingTables>()
    .selectFrom('tracked_runs')
    .select('run')
    .where('run', 'in', ids)
    .where('deleted_at', 'is', null)
    .execute();
  const known = new Set(rows.map(({ run }) => run));
  const missing = ids.find((id) => !known.has(id));
  if (missing !== undefined) await findRun(scope, missing);
}

/** What stands of runs in their own rows, with their statuses as they are, by id. */
export async function statusesOf(scope: Scope, db: Db, clock: StoreClock, ids: readonly string[]) {
  const rows = await runRows(db, clock).where('run', 'in', ids).execute();
  return new Map(
    await Promise.all(
      rows.map(async (row) => {
        const shown = {
          ...{ run: row.run, kind: row.kind, experiment: row.experiment, by: row.by },
          status: isLost(row) ? ('interrupted' as const) : await statusOf(scope, row),
          ...(row.parent === null ? {} : { parent: row.parent }),
          ...(row.error === null ? {} : { error: row.error }),
          startedAt: row.started_at,
          ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
        };
        return [row.run, shown] as const;
      }),
    ),
  );
}

/** Runs by their ids, in their order; one that is not there is left out. */
export async function runsOf(scope: Scope, ids: readonly string[]): Promise<readonly TrackedRun[]> {
  if (ids.length === 0) return [];
  const { clock, query } = await scope.service(metadataToken);
  const db = query<TrackingTables>();
  const rows = await runRows(db, clock).where('run', 'in', ids).where('deleted_at', 'is', null).execute();
  const runs = new Map((await toRuns(scope, db, rows)).map((one) => [one.run, one]));
  return ids.flatMap((id) => runs.get(id) ?? []);
}

async function toRuns(scope: Scope, db: Db, rows: readonly Row[]): Promise<readonly TrackedRun[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ run }) => run);
  const [params, metrics, specials, tags, notes, artifacts, steps] = await Promise.all([
    db.selectFrom('run_params').selectAll().where('run', 'in', ids).execute(),
    lastValues(db, ids),
    specialValues(db, ids),
    db.selectFrom('run_tags').selectAll().where('run', 'in', ids).execute(),
    db.selectFrom('run_notes').selectAll().where('run', 'in', ids).orderBy('place').execute(),
    db.selectFrom('run_artifacts').selectAll().where('run', 'in', ids).execute(),
    db.selectFrom('run_steps').selectAll().where('run', 'in', ids).orderBy('place').execute(),
  ]);
  const of = {
    ...{ params: byRun(params), metrics: byRun(metrics), specials: byRun(specials), tags: byRun(tags) },
    ...{ notes: byRun(notes), artifacts: byRun(artifacts), steps: byRun(steps) },
  };
  return await Promise.all(
    rows.map(async (row): Promise<TrackedRun> => {
      const { run } = row;
      const lost = isLost(row);
      const special = of.specials(run);
      const common = {
        run,
        kind: row.kind,
        experiment: row.experiment,
        status: lost ? ('interrupted' as const) : await statusOf(scope, row),
        ...(lost ? { lastHeardAt: new Date(Number(row.heard_at_ms)).toISOString() } : {}),
        ...(special.length === 0 ? {} : { specialValues: special.map(({ run: _, ...one }) => one) }),
        ...(row.parent === null ? {} : { parent: row.parent }),
        ...(row.job === null ? {} : { job: row.job }),
        tags: Object.fromEntries(of.tags(run).map(({ name, value }) => [name, value])),
        notes: of.notes(run).map(({ text }) => text),
        ...(row.error === null ? {} : { error: row.error }),
        startedAt: row.started_at,
        ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
      };
      const facts = readStored(jsonObject, row.facts);
      const given = of.params(run).map(({ name, value }) => [name, readStored(z.unknown(), value)] as const);
      const marked = of.steps(run).map(({ step, state, detail }) => {
        const read = readStored(jsonObject, detail);
        return { read, shown: { step, state, ...read.value } };
      });
      const odd = [facts, ...given.map(([, read]) => read), ...marked.map(({ read }) => read)].find(
        ({ unreadable }) => unreadable !== undefined,
      )?.unreadable;
      const whole = fits(trackedRunSchema, {
        ...facts.value,
        ...common,
        params: Object.fromEntries(given.map(([name, { value }]) => [name, value])),
        metrics: nested(of.metrics(run)),
        artifacts: of.artifacts(run).map(({ name, digest, bytes, freed_at }) => ({
          ...{ name, digest, bytes },
          ...(freed_at === null ? {} : { freedAt: freed_at }),
        })),
        steps: marked.map(({ shown }) => shown),
        ...(odd === undefined ? {} : { unreadable: odd }),
      });
      return (
        whole.value ?? {
          ...common,
          params: {},
          metrics: {},
          artifacts: [],
          steps: [],
          unreadable: whole.unreadable,
        }
      );
    }),
  );
}

const jsonObject = z.record(z.string(), z.unknown());

/** The newest value of each series of the runs. */
const lastValues = (db: Db, runs: readonly string[]) =>
  db
    .selectFrom('run_metrics as metric')
    .select(['metric.run', 'metric.name', 'metric.value', 'metric.special'])
    .where('metric.run', 'in', runs)
    .where((where) =>
      where(
        'metric.at',
        '=',
        where
          .selectFrom('run_metrics as newest')
          .select((select) => select.fn.max('newest.at').as('at'))
          .whereRef('newest.run', '=', 'metric.run')
          .whereRef('newest.name', '=', 'metric.name'),
      ),
    )
    .orderBy('metric.time')
    .execute();

/** What is no number, of each series: how often, and from which step on. */
async function specialValues(db: Db, runs: readonly string[]) {
  const rows = await db
    .selectFrom('run_metrics')
    .select((select) => [
      'run',
      'name',
      'special',
      select.fn.countAll().as('points'),
      select.fn.min('at').as('firstStep'),
    ])
    .where('run', 'in', runs)
    .where('special', 'is not', null)
    .groupBy(['run', 'name', 'special'])
    .execute();
  return rows.map(({ run, name, special, points, firstStep }) => ({
    ...{ run, name, points: Number(points), firstStep: Number(firstStep) },
    value: specialNumberSchema.parse(special),
  }));
}

/** `test/rocAuc` is `test.rocAuc`; a name without a part stands by itself. The series of candidates are no metrics of the run. */
function nested(
  rows: readonly { readonly name: string; readonly value: number; readonly special: string | null }[],
): TrackedRun['metrics'] {
  const parts = new Map<string, number | null | Map<string, number | null>>();
  // By name, so that `test` stands before `test/rocAuc`, which then stands by itself too.
  for (const { name, value, special } of rows.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (name.startsWith('validation/')) continue;
    const shown = special === null ? value : null;
    const cut = name.indexOf('/');
    const part = name.slice(0, cut);
    const within = parts.has(part) ? parts.get(part) : new Map<string, number | null>();
    if (cut <= 0 || !(within instanceof Map)) parts.set(name, shown);
    else parts.set(part, within.set(name.slice(cut + 1), shown));
  }
  return Object.fromEntries(
    [...parts].map(([name, value]) => [name, value instanceof Map ? Object.fromEntries(value) : value]),
  );
}

/** A run that a script logs, and of whose process nothing was heard for too long. */
const isLost = ({ status, silent_ms }: Pick<Row, 'status' | 'silent_ms'>): boolean =>
  status === 'running' && silent_ms !== null && Number(silent_ms) > LOST_AFTER_MS;

/** A run that says that it runs does so as long as its job does. */
async function statusOf(scope: Scope, row: Row): Promise<RunStatus> {
  // A later version may know more of them: of such a run nobody here knows that it is under way.
  const status = runStatusSchema.safeParse(row.status).data ?? 'interrupted';
  if (status !== 'running' || row.job === null) return status;
  const job = await (await scope.service(jobStoreToken)).get(row.job);
  return job ? (JOB_ENDS[job.state] ?? 'running') : 'interrupted';
}
