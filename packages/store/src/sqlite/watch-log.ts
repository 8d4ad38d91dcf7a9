import type { Journal } from '@trestle/kernel';
import { sql } from 'kysely';
import type { SqliteMetadata } from './sqlite-metadata.ts';

/** How often it is asked whether another process has written: one pragma, which reads no page of the database. */
const LOOK_MS = 250;

/**
 * Tells of new entries of the log: of this process's when they are committed, of others' when SQLite's `data_version`, which
 * changes with every commit of another connection, says that there may be some.
 */
export function logWatch(metadata: SqliteMetadata): Journal['watch'] {
  const listeners = new Set<() => void>();
  let version: unknown;
  let head: number | undefined;
  let isLooking = false;
  let isAskedAgain = false;
  let stop = (): void => {};

  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const readHead = async (): Promise<void> => {
    const row = await metadata.reader.selectFrom('log_head').select('seq').executeTakeFirst();
    const seq = row?.seq ?? 0;
    if (seq === head) return;
    head = seq;
    tell();
  };
  const look = async (isCommit: boolean): Promise<void> => {
    if (isLooking) {
      isAskedAgain ||= isCommit;
      return;
    }
    isLooking = true;
    try {
      const { rows } = await sql<{ data_version: number }>`PRAGMA data_version`.execute(metadata.reader);
      const now = rows[0]?.data_version;
      if (now !== version || isCommit) await readHead();
      version = now;
    } catch {
      // Whoever listens reads the log next, and says what is wrong with it.
      tell();
    }
    isLooking = false;
    if (!isAskedAgain || listeners.size === 0) return;
    isAskedAgain = false;
    await look(true);
  };
  const begin = (): void => {
    void look(true);
    const timer = setInterval(() => void look(false), LOOK_MS);
    timer.unref();
    const ignoreCommits = metadata.onCommit(() => void look(true));
    stop = () => {
      clearInterval(timer);
      ignoreCommits();
    };
  };

  return (listener) => {
    if (listeners.size === 0) begin();
    listeners.add(listener);
    return () => {
      if (listeners.delete(listener) && listeners.size === 0) stop();
    };
  };
}
