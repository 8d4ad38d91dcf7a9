import type { Logger } from '@trestle/kernel';
import { Kysely, type Transaction } from 'kysely';
import type { Reserve } from '../fs/reserve.ts';
import { syncFile } from '../fs/sync-file.ts';
import type { Weight } from '../sql/database.ts';
import type { StoreTables } from '../sql/tables.ts';
import { checkpointer } from './checkpointer.ts';
import { mutex } from './mutex.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { isFailedSync, isFull, syncFailed, translateError } from './translate-error.ts';

export interface Transactor {
  readonly writer: Kysely<StoreTables>;
  transact<T>(weight: Weight, work: (db: Transaction<StoreTables>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface TransactorOptions {
  readonly file: string;
  readonly lockWaitMs: number;
  readonly log: Logger;
  /** Space for changes on a full disk. */
  readonly reserve: Reserve;
}

/**
 * Runs the write transactions of this process, one after the other. What is `data` is seen by others a moment before it is durable: the
 * disk confirms it without keeping this process waiting.
 */
export function transactor({ file, lockWaitMs, log, reserve }: TransactorOptions): Transactor {
  const turns = mutex();
  const open = (role: 'writer' | 'relaxed') =>
    new Kysely<StoreTables>({ dialect: sqliteDialect({ file, lockWaitMs, role, turns }) });
  const writer = open('writer');
  const relaxed = open('relaxed');
  const underWay = new Set<Promise<unknown>>();
  let broken: unknown;
  const checkpoints = checkpointer(file, (cause) =>
    log.warn('the log was not moved into the database', { file, cause: String(cause) }),
  );

  const attempt = async <T>(
    db: Kysely<StoreTables>,
    work: (db: Transaction<StoreTables>) => Promise<T>,
  ): Promise<T> => {
    const execution = db.transaction().execute(work);
    underWay.add(execution);
    try {
      return await execution;
    } catch (thrown) {
      const error = translateError(thrown, file);
      // After a failed fsync nobody knows what is on the disk (Rebello 2020, "Can applications recover from fsync failures?").
      if (isFailedSync(error)) broken = error;
      throw error;
    } finally {
      underWay.delete(execution);
    }
  };

  /**
   * Waits until the disk has what was committed: the write-ahead log, up to here. SQLite would wait for it on the thread that
   * answers requests.
   */
  const confirm = async (): Promise<void> => {
    try {
      checkpoints.grown(await syncFile(`${file}-wal`));
    } catch (thrown) {
      // Without a log everything is in the database, which SQLite has synced.
      if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return;
      broken = syncFailed(file, thrown);
      throw broken;
    }
  };

  return {
    writer,
    async transact(weight, work) {
      if (broken) throw broken;
      if (weight === 'data') await reserve.admitData();
      const db = weight === 'state' || weight === 'schema' ? writer : relaxed;
      try {
        const done = await attempt(db, work);
        if (weight === 'data') await confirm();
        return done;
      } catch (error) {
        if (weight !== 'state' || !isFull(error) || !(await reserve.release())) throw error;
        log.warn('the disk is full; the space kept in reserve was released for this change', { file });
        return await attempt(db, work);
      }
    },
    async close() {
      // Behind the changes that are under way or in line.
      await Promise.allSettled(underWay);
      await checkpoints.close();
      await relaxed.destroy();
      await writer.destroy();
    },
  };
}
