import type { ErrorDocument, Job, JobState, JobStore } from '@trestle/kernel';
import type { Kysely, Selectable, Transaction, Updateable } from 'kysely';
import type { SqliteMetadata } from './sqlite-metadata.ts';
import type { StoreTables } from './tables.ts';

type Row = Selectable<StoreTables['jobs']>;

const parse = (text: string | null) => (text === null ? undefined : JSON.parse(text));
const now = (): string => new Date().toISOString();

const toJob = (row: Row): Job => ({
  id: row.id,
  operation: row.operation,
  input: parse(row.input),
  principal: parse(row.principal),
  // Only this file writes the column.
  state: row.state as JobState,
  attempts: row.attempts,
  progress: parse(row.progress),
  output: parse(row.output),
  error: parse(row.error),
  cancelRequested: row.cancel_requested === 1,
  createdAt: row.created_at,
  startedAt: row.started_at ?? undefined,
  finishedAt: row.finished_at ?? undefined,
});

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
    async create(job, holder, leaseMs) {
      const isInline = job.mode === 'inline';
      const row: Row = {
        id: job.id,
        operation: job.operation,
        input: JSON.stringify(job.input ?? {}),
        principal: JSON.stringify(job.principal),
        mode: job.mode,
        state: isInline ? 'running' : 'queued',
        attempts: isInline ? 1 : 0,
        progress: null,
        output: null,
        error: null,
        cancel_requested: 0,
        holder: isInline ? holder : null,
        lease_until_ms: isInline ? Date.now() + leaseMs : null,
        created_at: now(),
        started_at: isInline ? now() : null,
        finished_at: null,
      };
      // Long work brings data with it: on a full disk it is refused before it begins.
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

    async heartbeat(id, holder, leaseMs, progress) {
      // Relaxed: a lease that a power cut takes back has run out by the time the machine is up again.
      return await metadata.transact('relaxed', async (db) => {
        const row = await db
          .selectFrom('jobs')
          .select(['holder', 'state', 'cancel_requested'])
          .where('id', '=', id)
          .executeTakeFirst();
        if (row?.holder !== holder || row.state !== 'running') return 'lost';
        await db
          .updateTable('jobs')
          .set({ lease_until_ms: Date.now() + leaseMs, progress: progress ? JSON.stringify(progress) : null })
          .where('id', '=', id)
          .execute();
        return row.cancel_requested === 1 ? 'cancel' : 'go-on';
      });
    },

    async finish(id, holder, end) {
      return await write(async (db) => {
        const result = await db
          .updateTable('jobs')
          .set({
            state: end.state,
            output: end.state === 'succeeded' ? JSON.stringify(end.output ?? null) : null,
            error: end.state === 'succeeded' ? null : JSON.stringify(end.error),
            finished_at: now(),
            holder: null,
            lease_until_ms: null,
          })
          .where('id', '=', id)
          .where('holder', '=', holder)
          .where('state', '=', 'running')
          .executeTakeFirst();
        return result.numUpdatedRows === 1n;
      });
    },

    async release(id, holder) {
      await write(async (db) => {
        await db
          .updateTable('jobs')
          .set((column) => ({
            state: 'queued',
            attempts: column('attempts', '-', 1),
            holder: null,
            lease_until_ms: null,
          }))
          .where('id', '=', id)
          .where('holder', '=', holder)
          .where('state', '=', 'running')
          .execute();
        await endCancelled(db, id);
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
