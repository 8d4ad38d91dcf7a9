import type { FailedPrediction } from '@trestle/contracts';
import type { Logger } from '@trestle/kernel';
import type { Metadata } from '@trestle/store';
import type { MonitoringTables } from '../tables.ts';

type FailureRow = MonitoringTables['monitoring_failures'];

/** Kinds of failures that wait to be written; of more, those of the oldest minutes are forgotten first. */
const MOST_WAITING = 10_000;
const FLUSH_EVERY_MS = 1_000;

export interface FailureCounter {
  add(failed: FailedPrediction): void;
  /** Writes what was counted so far. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Counts requests that were not answered, by minute and code, off the path of the next ones. */
export function failureCounter(metadata: Metadata, log: Logger): FailureCounter {
  let waiting = new Map<string, FailureRow>();
  let timer: NodeJS.Timeout | undefined;

  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.size === 0) return;
    const taken = waiting;
    waiting = new Map();
    try {
      await writeFailures(metadata, [...taken.values()]);
    } catch (cause) {
      // Counted again with those that came since.
      for (const row of waiting.values()) merge(taken, row);
      waiting = taken;
      throw cause;
    }
  };

  const flushLater = (): void => {
    timer ??= setTimeout(() => {
      flush().catch((cause: unknown) => {
        log.warn('failed requests could not be counted yet', { cause: String(cause) });
        flushLater();
      });
    }, FLUSH_EVERY_MS).unref();
  };

  return {
    add({ deployment, model, code }) {
      const minute = `${new Date().toISOString().slice(0, 16)}:00.000Z`;
      merge(waiting, { deployment, model: model.name, version: model.version, minute, code, failures: 1 });
      const [oldest] = waiting.keys();
      if (waiting.size > MOST_WAITING && oldest !== undefined) waiting.delete(oldest);
      flushLater();
    },
    flush,
    close: flush,
  };
}

function merge(rows: Map<string, FailureRow>, row: FailureRow): void {
  const key = JSON.stringify([row.deployment, row.model, row.version, row.minute, row.code]);
  rows.set(key, { ...row, failures: row.failures + (rows.get(key)?.failures ?? 0) });
}

const writeFailures = async (metadata: Metadata, rows: readonly FailureRow[]): Promise<void> =>
  await metadata.write<MonitoringTables, void>(async (db) => {
    for (const row of rows)
      await db
        .insertInto('monitoring_failures')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .columns(['deployment', 'model', 'version', 'minute', 'code'])
            .doUpdateSet((eb) => ({ failures: eb('monitoring_failures.failures', '+', row.failures) })),
        )
        .execute();
  });
