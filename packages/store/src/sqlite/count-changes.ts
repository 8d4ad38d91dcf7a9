import { openDatabase } from './open-database.ts';

export interface ChangeCount {
  /** The number of the newest change, whatever process made it; NaN when the database could not be asked just now. */
  now(): number;
  close(): void;
}

/**
 * Counts the changes of all processes, in some microseconds: SQLite tells a connection whether others have written since
 * (sqlite.org/pragma.html#pragma_data_version), and only then the newest place of the log is read.
 */
export function countChanges(file: string): ChangeCount {
  // A connection of its own, which never writes: of its own writes a connection is not told.
  const database = openDatabase(file, 'reader');
  const version = database.prepare('PRAGMA data_version');
  const head = database.prepare('SELECT seq FROM log_head');
  let seen: unknown;
  let seq = 0;
  return {
    now() {
      try {
        const found = version.get()?.data_version;
        if (found !== seen) {
          seq = Number(head.get()?.seq ?? 0);
          seen = found;
        }
        return seq;
      } catch {
        return Number.NaN;
      }
    },
    close: () => database.close(),
  };
}
