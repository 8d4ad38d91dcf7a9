import type { Job, JobState, JobStore } from '@trestle/kernel';
import type { Selectable, Updateable } from 'kysely';
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

/** The job queue in the metadata database. */
export function sqliteJobs(metadata: SqliteMetadata): JobStore {
  const write = <T>(work: Parameters<typeof metadata.write<StoreTables, T>>[0]): Promise<T> =>
    metadata.write(work);
  const find = async (id: string): Promise<Row | undefined> =>
    await metadata.reader.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();

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
      await write((db) => db.insertInto('jobs').values(row).execute());
      return toJob(row);
    },

    async claim(holder, leaseMs, maxAttempts) {
      // Looked at before the write lock is taken: an idle worker must not keep others waiting.
      const claimable = metadata.reader
        .selectFrom('jobs')
        .selectAll()
        .where((where) =>
          where.or([
            where('state', '=', 'queued'),
            where.and([where('state', '=', 'running'), where('lease_until_ms', '<', Date.now())]),
          ]),
        )
        .orderBy('created_at');
      if (!(await claimable.limit(1).executeTakeFirst())) return undefined;
      return await write(async (db) => {
        const rows = await db
          .selectFrom('jobs')
          .selectAll()
          .where((where) =>
            where.or([
              where('state', '=', 'queued'),
              where.and([where('state', '=', 'running'), where('lease_until_ms', '<', Date.now())]),
            ]),
          )
          .orderBy('created_at')
          .limit(50)
          .execute();
        const update = (id: string, values: Updateable<StoreTables['jobs']>) =>
          db.updateTable('jobs').set(values).where('id', '=', id).execute();
        for (const row of rows) {
          if (row.cancel_requested === 1) {
            await update(row.id, { state: 'cancelled', finished_at: now(), holder: null });
          } else if (row.mode === 'inline' || row.attempts >= maxAttempts) {
            const error = {
              code: 'TRS_KERNEL_JOB_INTERRUPTED',
              message: 'The process that ran this job ended before the job did.',
              hint: 'Run the command again; nothing was half-written.',
              details: { attempts: row.attempts },
            };
            await update(row.id, {
              state: 'interrupted',
              finished_at: now(),
              holder: null,
              error: JSON.stringify(error),
            });
          } else {
            const taken = {
              state: 'running',
              attempts: row.attempts + 1,
              holder,
              lease_until_ms: Date.now() + leaseMs,
              started_at: row.started_at ?? now(),
            };
            await update(row.id, taken);
            return toJob({ ...row, ...taken });
          }
        }
        return undefined;
      });
    },

    async heartbeat(id, holder, leaseMs, progress) {
      return await write(async (db) => {
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

    async requestCancel(id) {
      await write(async (db) => {
        await db.updateTable('jobs').set({ cancel_requested: 1 }).where('id', '=', id).execute();
        await db
          .updateTable('jobs')
          .set({ state: 'cancelled', finished_at: now() })
          .where('id', '=', id)
          .where('state', '=', 'queued')
          .execute();
      });
      const row = await find(id);
      return row && toJob(row);
    },

    async get(id) {
      const row = await find(id);
      return row && toJob(row);
    },

    async list({ state, limit }) {
      let query = metadata.reader.selectFrom('jobs').selectAll();
      if (state) query = query.where('state', '=', state);
      return (await query.orderBy('created_at', 'desc').limit(limit).execute()).map(toJob);
    },
  };
}
