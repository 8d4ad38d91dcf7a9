import type { Job, JobHold, JobStep, JobStore, NewJob } from '@trestle/kernel';
import type { InsertObject, Kysely, Transaction } from 'kysely';
import type { StoreClock } from '../interface/metadata.ts';
import { msFromNow, type SqlDatabase } from './database.ts';
import { isHeld } from './fence.ts';
import { endOfAbandoned, toJob } from './job-rows.ts';
import type { StoreTables } from './tables.ts';

const MAX_LOOKED_AT = 50;

/** Jobs that a worker may take, or has to end, oldest first. */
const claimable = (db: Kysely<StoreTables>, clock: StoreClock) =>
  db
    .selectFrom('jobs')
    .selectAll()
    .where((where) =>
      where.or([
        where('state', '=', 'queued'),
        where.and([where('state', '=', 'running'), where('lease_until_ms', '<', clock.ms)]),
      ]),
    )
    .orderBy('created_at');

/** Ends a waiting job that somebody cancelled: no worker has to be told. */
async function endCancelled(db: Kysely<StoreTables>, clock: StoreClock, id: string): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ state: 'cancelled', finished_at: clock.iso })
    .where('id', '=', id)
    .where('state', '=', 'queued')
    .where('cancel_requested', '=', 1)
    .execute();
}

const newRow = (
  clock: StoreClock,
  job: NewJob,
  mode: 'inline' | 'queued',
): InsertObject<StoreTables, 'jobs'> & { readonly key: string | null } => ({
  id: job.id,
  operation: job.operation,
  input: JSON.stringify(job.input ?? {}),
  principal: JSON.stringify(job.principal),
  mode,
  trace: job.trace ?? null,
  state: 'queued',
  attempts: 0,
  generation: 0,
  key: job.key ?? null,
  progress: null,
  output: null,
  error: null,
  cancel_requested: 0,
  holder: null,
  lease_until_ms: null,
  created_at: clock.iso,
  started_at: null,
  finished_at: null,
});

/** Queues a job inside a transaction; where its operation has one for the same key, that one is the answer. */
export async function enqueueIn(db: Kysely<StoreTables>, clock: StoreClock, job: NewJob): Promise<Job> {
  const row = newRow(clock, job, 'queued');
  if (row.key !== null) {
    const known = await db
      .selectFrom('jobs')
      .selectAll()
      .where('operation', '=', row.operation)
      .where('key', '=', row.key)
      .executeTakeFirst();
    if (known) return toJob(known);
  }
  return toJob(await db.insertInto('jobs').values(row).returningAll().executeTakeFirstOrThrow());
}

/** Of a running job, the row of who still holds it. */
const held = (db: Kysely<StoreTables>, { job, generation }: JobHold) =>
  db
    .updateTable('jobs')
    .where('id', '=', job)
    .where('generation', '=', generation)
    .where('state', '=', 'running');

/** The job queue in a database, in its time. */
export function sqlJobs(database: SqlDatabase): JobStore {
  const { clock, reader } = database;
  const write = <T>(work: (db: Transaction<StoreTables>) => Promise<T>): Promise<T> =>
    database.transact('state', work);
  const find = async (id: string): Promise<Job | undefined> => {
    const row = await reader.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toJob(row);
  };

  /** Ends inline jobs whose process died: where no worker runs, nobody else would. */
  const endAbandonedInline = async (): Promise<void> => {
    const abandoned = (db: Kysely<StoreTables>) =>
      claimable(db, clock).where('mode', '=', 'inline').execute();
    if ((await abandoned(reader)).length === 0) return;
    await write(async (db) => {
      for (const row of await abandoned(db)) {
        const end = endOfAbandoned(clock, row, 0);
        if (end) await db.updateTable('jobs').set(end).where('id', '=', row.id).execute();
      }
    });
  };

  return {
    // Long work brings data with it: on a full disk it is refused before it begins.
    enqueue: (job) => database.transact('data', (db) => enqueueIn(db, clock, job)),

    async begin(job, holder, leaseMs) {
      const row = {
        ...newRow(clock, job, 'inline'),
        state: 'running',
        attempts: 1,
        generation: 1,
        holder,
        lease_until_ms: msFromNow(clock, leaseMs),
        started_at: clock.iso,
      };
      return await database.transact('data', async (db) =>
        toJob(await db.insertInto('jobs').values(row).returningAll().executeTakeFirstOrThrow()),
      );
    },

    async claim(holder, leaseMs, maxAttempts) {
      // Looked at before the write lock is taken: an idle worker must not keep others waiting.
      if (!(await claimable(reader, clock).limit(1).executeTakeFirst())) return undefined;
      return await write(async (db) => {
        for (const row of await claimable(db, clock).limit(MAX_LOOKED_AT).execute()) {
          const end = endOfAbandoned(clock, row, maxAttempts);
          const taken = {
            state: 'running',
            attempts: row.attempts + 1,
            generation: row.generation + 1,
            holder,
            lease_until_ms: msFromNow(clock, leaseMs),
            started_at: row.started_at ?? clock.iso,
          };
          const changed = await db
            .updateTable('jobs')
            .set(end ?? taken)
            .where('id', '=', row.id)
            .returningAll()
            .executeTakeFirstOrThrow();
          if (!end) return toJob(changed);
        }
        return undefined;
      });
    },

    async heartbeat(hold, leaseMs, progress) {
      // Relaxed: a lease that a power cut takes back has run out by the time the machine is up again.
      return await database.transact('relaxed', async (db) => {
        const row = await held(db, hold)
          .set({
            lease_until_ms: msFromNow(clock, leaseMs),
            progress: progress ? JSON.stringify(progress) : null,
          })
          .returning('cancel_requested')
          .executeTakeFirst();
        if (!row) return 'lost';
        return row.cancel_requested === 1 ? 'cancel' : 'go-on';
      });
    },

    async finish(hold, end) {
      return await write(async (db) => {
        const result = await held(db, hold)
          .set({
            state: end.state,
            output: end.state === 'succeeded' ? JSON.stringify(end.output ?? null) : null,
            error: end.state === 'succeeded' ? null : JSON.stringify(end.error),
            finished_at: clock.iso,
            holder: null,
            lease_until_ms: null,
          })
          .executeTakeFirst();
        return result.numUpdatedRows === 1n;
      });
    },

    async release(hold) {
      return await write(async (db) => {
        const result = await held(db, hold)
          .set((column) => ({
            state: 'queued',
            attempts: column('attempts', '-', 1),
            holder: null,
            lease_until_ms: null,
          }))
          .executeTakeFirst();
        await endCancelled(db, clock, hold.job);
        return result.numUpdatedRows === 1n;
      });
    },

    async giveUp(holder) {
      await write(async (db) => {
        await db
          .updateTable('jobs')
          .set({ lease_until_ms: 0 })
          .where('holder', '=', holder)
          .where('state', '=', 'running')
          .execute();
        await db.updateTable('leases').set({ until_ms: 0 }).where('holder', '=', holder).execute();
      });
    },

    steps: async (job) => (await stepsIn(reader, job)).map(toStep),

    async keepStep(hold, step) {
      return await write(async (db) => {
        if (!(await isHeld(db, hold))) return false;
        const { now, place } = await db
          .selectFrom('job_steps')
          .select(({ fn }) => [clock.ms.as('now'), fn.max('place').as('place')])
          .where('job', '=', hold.job)
          .executeTakeFirstOrThrow();
        const times =
          'tookMs' in step
            ? { startedAt: iso(now - step.tookMs), finishedAt: iso(now) }
            : { startedAt: step.startedAt, finishedAt: step.finishedAt };
        await db
          .insertInto('job_steps')
          .values({
            job: hold.job,
            name: step.name,
            result: step.result === undefined ? null : JSON.stringify(step.result),
            generation: hold.generation,
            place: (place ?? 0) + 1,
            started_at: times.startedAt,
            finished_at: times.finishedAt,
          })
          // A step of a job that is taken over twice.
          .onConflict((conflict) => conflict.columns(['job', 'name']).doNothing())
          .execute();
        return true;
      });
    },

    async requestCancel(id) {
      await write(async (db) => {
        await db
          .updateTable('jobs')
          .set({ cancel_requested: 1 })
          .where('id', '=', id)
          .where('state', 'in', ['queued', 'running'])
          .execute();
        await endCancelled(db, clock, id);
      });
      return await find(id);
    },

    async get(id) {
      await endAbandonedInline();
      return await find(id);
    },

    async list({ state, limit }) {
      await endAbandonedInline();
      let query = reader.selectFrom('jobs').selectAll();
      if (state) query = query.where('state', '=', state);
      return (await query.orderBy('created_at', 'desc').limit(limit).execute()).map(toJob);
    },
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();

/** As they were kept; those of earlier versions, which have no place, by their time. */
const stepsIn = (db: Kysely<StoreTables>, job: string) =>
  db
    .selectFrom('job_steps')
    .select(['name', 'result', 'started_at', 'finished_at'])
    .where('job', '=', job)
    .orderBy('place')
    .orderBy('finished_at')
    .execute();

const toStep = (row: Awaited<ReturnType<typeof stepsIn>>[number]): JobStep => ({
  name: row.name,
  result: row.result === null ? undefined : JSON.parse(row.result),
  startedAt: row.started_at,
  finishedAt: row.finished_at,
});
