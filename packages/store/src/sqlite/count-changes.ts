import { openDatabase } from './open-database.ts';

/** For so long an answer counts as new: asking costs as much as a tenth of a request, and a request takes longer anyway. */
const FRESH_MS = 5;

export interface ChangeCount {
  /** The number of the newest change, whatever process made it; NaN when the database could not be asked just now. */
  now(): number;
  /** This process has made a change. */
  changed(): void;
  close(): void;
}

/**
 * Counts the changes of all processes, those of others as of some milliseconds ago: SQLite tells a connection whether others have written since
 * (sqlite.org/pragma.html#pragma_data_version), and only then the newest place of the log is read.
 */
export function countChanges(file: string): ChangeCount {
  // A connection of its own, which never writes: of its own writes a connection is not told.
  const database = openDatabase(file, 'reader');
  const version = database.prepare('PRAGMA data_version');
  const head = database.prepare('SELECT seq FROM log_head');
  let seen: unknown;
  let seq = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  return {
    now() {
      const time = performance.now();
      if (time - askedAt < FRESH_MS) return seq;
      try {
        const found = version.get()?.data_version;
        if (found !== seen) {
          seq = Number(head.get()?.seq ?? 0);
          seen = found;
        }
        askedAt = time;
        return seq;
      } catch {
        return Number.NaN;
      }
    },
    changed() {
      askedAt = Number.NEGATIVE_INFINITY;
    },
    close: () => database.close(),
  };
}
