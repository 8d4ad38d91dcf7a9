import { Worker } from 'node:worker_threads';

/** Beyond this the log is moved into the database. */
const LARGE_LOG_BYTES = 4 * 2 ** 20;

/** Pages after which SQLite moves the log by itself, in the commit that fills it: where the thread does not come to it. */
export const PAGES_BEFORE_CHECKPOINT = 16_384;

/** Between two tries: readers may keep the log from being begun anew. */
const PAUSE_MS = 1_000;

// Most of it without a lock; then what came meanwhile, with the lock of writers, which ends the log.
const CHECKPOINT = `
const { DatabaseSync } = require('node:sqlite');
const database = new DatabaseSync(require('node:worker_threads').workerData);
database.exec('PRAGMA busy_timeout = 500; PRAGMA wal_checkpoint(PASSIVE); PRAGMA wal_checkpoint(TRUNCATE)');
database.close();`;

export interface Checkpointer {
  /** Tells how large the log has become. */
  grown(bytes: number): void;
  close(): Promise<void>;
}

/**
 * Moves what the write-ahead log holds into the database, in a thread. SQLite would do it in the commit that fills the log, and wait
 * there for the disk: 100 ms and more, in which a server answers nobody.
 */
export function checkpointer(file: string, warn: (cause: unknown) => void): Checkpointer {
  let running: Promise<void> | undefined;
  let endedAt = Number.NEGATIVE_INFINITY;
  const run = (): Promise<void> =>
    new Promise((resolve) => {
      const worker = new Worker(CHECKPOINT, { eval: true, workerData: file });
      worker.once('error', warn);
      worker.once('exit', () => resolve());
    });
  return {
    grown(bytes) {
      if (bytes < LARGE_LOG_BYTES || performance.now() - endedAt < PAUSE_MS) return;
      running ??= run().finally(() => {
        running = undefined;
        endedAt = performance.now();
      });
    },
    async close() {
      await running;
    },
  };
}
