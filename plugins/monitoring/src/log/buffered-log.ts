import type { LoggedPrediction, PredictionLog } from '@trestle/contracts';
import type { Logger } from '@trestle/kernel';

export interface BufferedLogOptions {
  readonly bufferRows: number;
  readonly flushEveryMs: number;
  /** Makes a group of entries durable, all or none. */
  readonly write: (entries: readonly LoggedPrediction[]) => Promise<unknown>;
  readonly log: Logger;
}

export interface BufferedLog extends Pick<PredictionLog, 'append' | 'flush'> {
  /** Entries that were dropped since the log was opened because the buffer was full. */
  readonly dropped: () => number;
  /** Writes what is left. */
  close(): Promise<void>;
}

/** Entries of one transaction: larger groups only make other writers wait longer. */
const GROUP = 500;
const RETRY_MS = 1_000;

/**
 * A prediction log that answers at once and writes in groups. Serving never waits for it: when the store is slower than
 * the traffic, or cannot write at all, the oldest entries go first, and are counted.
 */
export function bufferedLog(options: BufferedLogOptions): BufferedLog {
  const waiting: LoggedPrediction[] = [];
  let waitingRows = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;

  const drop = (): void => {
    // The newest entry stays even when it alone is larger than the buffer.
    while (waitingRows > options.bufferRows && waiting.length > 1) {
      waitingRows -= waiting.shift()?.count ?? 0;
      dropped += 1;
    }
  };

  const writeGroups = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting.splice(0, GROUP);
      const rows = rowsOf(group);
      waitingRows -= rows;
      try {
        await options.write(group);
      } catch (cause) {
        // They go back to the front, to be tried again or, if traffic goes on, to be dropped first.
        waiting.unshift(...group);
        waitingRows += rows;
        drop();
        throw cause;
      }
    }
  };

  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    // What a write in progress has not taken is for the next one.
    await writing?.catch(() => {});
    if (waiting.length === 0) return;
    writing ??= writeGroups().finally(() => {
      writing = undefined;
    });
    await writing;
  };

  const flushLater = (delayMs: number): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      flush().catch((cause: unknown) => {
        options.log.warn('predictions could not be logged yet', {
          waiting: waiting.length,
          cause: String(cause),
        });
        flushLater(RETRY_MS);
      });
    }, delayMs).unref();
  };

  return {
    append(entry) {
      waiting.push(entry);
      waitingRows += entry.count;
      drop();
      flushLater(options.flushEveryMs);
    },
    flush,
    dropped: () => dropped,
    async close() {
      await flush();
      clearTimeout(timer);
    },
  };
}

const rowsOf = (entries: readonly LoggedPrediction[]): number =>
  entries.reduce((total, entry) => total + entry.count, 0);
