import type { StatementSync } from 'node:sqlite';
import type { LogHead } from '../sql/database.ts';
import { openDatabase } from './open-database.ts';

/** For so long an answer counts as new: asking costs as much as a tenth of a request, and a request takes longer anyway. */
const FRESH_MS = 5;
/** How often it is asked for those who watch: one pragma, which reads no page of the database. */
const LOOK_MS = 250;

export interface SqliteLogHead extends LogHead {
  /** This process has made a change. */
  changed(): void;
  close(): void;
}

interface Connection {
  readonly version: StatementSync;
  readonly head: StatementSync;
  close(): void;
}

/**
 * Follows the end of the log, whatever process adds to it: SQLite tells a connection whether others have written since
 * (sqlite.org/pragma.html#pragma_data_version), and only then the newest place is read.
 */
export function sqliteLogHead(file: string): SqliteLogHead {
  const listeners = new Set<() => void>();
  let connection: Connection | undefined;
  let version: unknown;
  let newest = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  let told = 0;
  let timer: NodeJS.Timeout | undefined;

  const place = (): number => {
    const time = performance.now();
    if (time - askedAt < FRESH_MS) return newest;
    try {
      connection ??= connect(file);
      const found = connection.version.get()?.data_version;
      if (found !== version) {
        newest = Number(connection.head.get()?.seq ?? 0);
        version = found;
      }
      askedAt = time;
      return newest;
    } catch {
      return Number.NaN;
    }
  };
  /** Whoever listens reads the log next, and says what is wrong with it where the place cannot be told. */
  const look = (): void => {
    const now = place();
    if (now === told) return;
    told = now;
    for (const listener of listeners) listener();
  };
  return {
    place,
    watch(listener) {
      if (listeners.size === 0) {
        told = place();
        timer = setInterval(look, LOOK_MS);
        timer.unref();
      }
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) clearInterval(timer);
      };
    },
    changed() {
      askedAt = Number.NEGATIVE_INFINITY;
      if (listeners.size > 0) look();
    },
    close() {
      clearInterval(timer);
      listeners.clear();
      connection?.close();
      connection = undefined;
    },
  };
}

/** A connection of its own, which never writes: of its own writes a connection is not told. */
function connect(file: string): Connection {
  const database = openDatabase(file, 'reader');
  return {
    version: database.prepare('PRAGMA data_version'),
    head: database.prepare('SELECT seq FROM log_head'),
    close: () => database.close(),
  };
}
