import {
  type ErrorDocument,
  type ErrorKind,
  isErrorKind,
  type Job,
  type JobHold,
  type JobState,
  type JobStep,
  type JobStore,
  type NewJob,
  type Principal,
} from '@trestle/kernel';
import { type Kysely, type Selectable, sql, type Transaction, type Updateable } from 'kysely';
import { z } from 'zod';
import { readStored, type Stored } from '../read-stored.ts';
import { isHeld } from './fence.ts';
import type { SqliteMetadata } from './sqlite-metadata.ts';
import type { StoreTables } from './tables.ts';

type Row = Selectable<StoreTables['jobs']>;

const now = (): string => new Date().toISOString();

const principalSchema = z.object({ id: z.string(), scopes: z.array(z.string()) });
const progressSchema = z.object({
  step: z.string(),
  fraction: z.number().exactOptional(),
  values: z.record(z.string(), z.number()).exactOptional(),
});
const errorSchema = z.object({
  code: z.string(),
  kind: z.custom<ErrorKind>(isErrorKind).optional(),
  message: z.string(),
  hint: z.string(),
  details: z.record(z.string(), z.unknown()),
});
/** For a job whose principal cannot be read: it may do nothing. */
const NOBODY: Principal = { id: 'unknown', scopes: [] };

const readOr = <S extends z.ZodType>(schema: S, text: string | null): Stored<z.output<S> | undefined> =>
  text === null ? { value: undefined } : readStored(schema, text);

function toJob(row: Row): Job {
  const input = readOr(z.unknown(), row.input);
  const principal = readOr(principalSchema, row.principal);
  const progress = readOr(progressSchema, row.progress);
  const output = readOr(z.unknown(), row.output);
  const error = readOr(errorSchema, row.error);
  const unreadable = Object.entries({ input, principal, progress, output, error }).flatMap(([name, read]) =>
    read.unreadable === undefined ? [] : [`its ${name}: ${read.unreadable}`],
  );
  return {
    id: row.id,
    operation: row.operation,
    input: input.value,
    principal: principal.value ?? NOBODY,
    // Only this file writes the column.
    state: row.state as JobState,
    attempts: row.attempts,
    generation: row.generation,
    progress: progress.value,
    output: output.value,
    error: error.value,
    cancelRequested: row.cancel_requested === 1,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    ...(unreadable.length === 0 ? {} : { unreadable: unreadable.join('; ') }),
  };
}

const MAX_LOOKED_AT = 50;

/** Jobs that a worker may take, or has to end, oldest first. */
const claimable = (db: Kysely<StoreTables>) =>
  db
    .selectFrom('jobs')
    .selectAll()
    .where((where) =>
      where.or([
        where('state', '=', 'queued'),
        where.and([where('state', '=', 'running'), where('lease_until_ms', '<', Date.now())]),
      ]),
    )
    .orderBy('created_at');

/** How a job ends that nobody may take over; undefined when it may be run (again). */
function endOfAbandoned(row: Row, maxAttempts: number): Updateable<StoreTables['jobs']> | undefined {
  const ended = { finished_at: now(), holder: null, lease_until_ms: null };
  if (row.cancel_requested === 1) return { ...ended, state: 'cancelled' };
  const { unreadable } = toJob(row);
  if (unreadable !== undefined) {
    const error: ErrorDocument = {
      code: 'TRS_STORE_JOB_UNREADABLE',
      message: `The record of this job cannot be read: ${unreadable}.`,
      hint: 'Run the command again; nothing of it was begun.',
      details: { job: row.id },
    };
    return { ...ended, state: 'failed', error: JSON.stringify(error) };
  }
  if (row.state === 'queued' || (row.mode === 'queued' && row.attempts < maxAttempts)) return undefined;
  const error: ErrorDocument = {
    code: 'TRS_STORE_JOB_ABANDONED',
    message: `The process that ran this job ended before the job did${row.mode === 'queued' ? `, ${row.attempts} times` : ''}.`,
    hint: 'Run the command again; nothing was half-written.',
    details: { attempts: row.attempts },
  };
  return { ...ended, state: 'interrupted', error: JSON.stringify(error) };
}

/** Ends a waiting job that somebody cancelled: no worker has to be told. */
async function endCancelled(db: Kysely<StoreTables>, id: string): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ state: 'cancelled', finished_at: now() })
    .where('id', '=', id)
    .where('state', '=', 'queued')
    .where('cancel_requested', '=', 1)
    .execute();
}

const newRow = (job: NewJob, mode: 'inline' | 'queued'): Row => ({
  id: job.id,
  operation: job.operation,
  input: JSON.stringify(job.input ?? {}),
  principal: JSON.stringify(job.principal),
  mode,
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
  created_at: now(),
  started_at: null,
  finished_at: null,
});

/** Queues a job inside a transaction; where its operation has one for the same key, that one is the answer. */
export async function enqueueIn(db: Kysely<StoreTables>, job: NewJob): Promise<Job> {
  const row = newRow(job, 'queued');
  if (row.key !== null) {
    const known = await db
      .selectFrom('jobs')
      .selectAll()
      .where('operation', '=', row.operation)
      .where('key', '=', row.key)
      .executeTakeFirst();
    if (known) return toJob(known);
  }
  await db.insertInto('jobs').values(row).execute();
  return toJob(row);
}

/** Of a running job, the row of who still holds it. */
const held = (db: Kysely<StoreTables>, { job, generation }: JobHold) =>
  db
    .updateTable('jobs')
    .where('id', '=', job)
    .where('generation', '=', generation)
    .where('state', '=', 'running');

/** The job queue in the metadata database. */
export function sqliteJobs(metadata: SqliteMetadata): JobStore {
  const write = <T>(work: (db: Transaction<StoreTables>) => Promise<T>): Promise<T> =>
    metadata.transact('state', work);
  const find = async (id: string): Promise<Row | undefined> =>
    await metadata.reader.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();

  /** Ends inline jobs whose process died: where no worker runs, nobody else would. */
  const endAbandonedInline = async (): Promise<void> => {
    const abandoned = (db: Kysely<StoreTables>) => claimable(db).where('mode', '=', 'inline').execute();
    if ((await abandoned(metadata.reader)).length === 0) return;
    await write(async (db) => {
      for (const row of await abandoned(db)) {
        const end = endOfAbandoned(row, 0);
        if (end) await db.updateTable('jobs').set(end).where('id', '=', row.id).execute();
      }
    });
  };

  return {
    // Long work brings data with it: on a full disk it is refused before it begins.
    enqueue: (job) => metadata.transact('data', (db) => enqueueIn(db, job)),

    async begin(job, holder, leaseMs) {
      const row: Row = {
        ...newRow(job, 'inline'),
        state: 'running',
        attempts: 1,
        generation: 1,
        holder,
        lease_until_ms: Date.now() + leaseMs,
        started_at: now(),
      };
      await metadata.transact('data', (db) => db.insertInto('jobs').values(row).execute());
      return toJob(row);
    },

    async claim(holder, leaseMs, maxAttempts) {
      // Looked at before the write lock is taken: an idle worker must not keep others waiting.
      if (!(await claimable(metadata.reader).limit(1).executeTakeFirst())) return undefined;
      return await write(async (db) => {
        for (const row of await claimable(db).limit(MAX_LOOKED_AT).execute()) {
          const end = endOfAbandoned(row, maxAttempts);
          const taken = {
            state: 'running',
            attempts: row.attempts + 1,
            generation: row.generation + 1,
            holder,
            lease_until_ms: Date.now() + leaseMs,
            started_at: row.started_at ?? now(),
          };
          await db
            .updateTable('jobs')
            .set(end ?? taken)
            .where('id', '=', row.id)
            .execute();
          if (!end) return toJob({ ...row, ...taken });
        }
        return undefined;
      });
    },

    async heartbeat(hold, leaseMs, progress) {
      // Relaxed: a lease that a power cut takes back has run out by the time the machine is up again.
      return await metadata.transact('relaxed', async (db) => {
        if (!(await isHeld(db, hold))) return 'lost';
        const row = await held(db, hold)
          .set({ lease_until_ms: Date.now() + leaseMs, progress: progress ? JSON.stringify(progress) : null })
          .returning('cancel_requested')
          .executeTakeFirst();
        return row?.cancel_requested === 1 ? 'cancel' : 'go-on';
      });
    },

    async finish(hold, end) {
      return await write(async (db) => {
        const result = await held(db, hold)
          .set({
            state: end.state,
            output: end.state === 'succeeded' ? JSON.stringify(end.output ?? null) : null,
            error: end.state === 'succeeded' ? null : JSON.stringify(end.error),
            finished_at: now(),
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
        await endCancelled(db, hold.job);
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

    async steps(job) {
      const rows = await metadata.reader
        .selectFrom('job_steps')
        .selectAll()
        .where('job', '=', job)
        .orderBy('finished_at')
        // Of the same millisecond, as they were kept.
        .orderBy(sql`rowid`)
        .execute();
      return rows.map(
        (row): JobStep => ({
          name: row.name,
          result: row.result === null ? undefined : JSON.parse(row.result),
          startedAt: row.started_at,
          finishedAt: row.finished_at,
        }),
      );
    },

    async keepStep(hold, step) {
      return await write(async (db) => {
        if (!(await isHeld(db, hold))) return false;
        await db
          .insertInto('job_steps')
          .values({
            job: hold.job,
            name: step.name,
            result: step.result === undefined ? null : JSON.stringify(step.result),
            generation: hold.generation,
            started_at: step.startedAt,
            finished_at: step.finishedAt,
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
        await endCancelled(db, id);
      });
      const row = await find(id);
      return row && toJob(row);
    },

    async get(id) {
      await endAbandonedInline();
      const row = await find(id);
      return row && toJob(row);
    },

    async list({ state, limit }) {
      await endAbandonedInline();
      let query = metadata.reader.selectFrom('jobs').selectAll();
      if (state) query = query.where('state', '=', state);
      return (await query.orderBy('created_at', 'desc').limit(limit).execute()).map(toJob);
    },
  };
}
