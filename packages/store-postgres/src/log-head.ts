import type { Logger } from '@trestle/kernel';
import type { LogHead } from '@trestle/store/adapter';
import type { Client } from 'pg';

/** How often the newest place is asked for all the same: a connection that is lost does not always say so. */
const LOOK_MS = 1_000;
const RETRY_MS = 500;

export interface PostgresLogHead extends LogHead {
  /** The log has grown up to here. */
  heard(place: number): void;
  close(): Promise<void>;
}

/**
 * Follows the end of the log over a connection of its own, from the first time that somebody asks: each change of state notifies who
 * listens. While nothing is heard, the place cannot be told.
 */
export function postgresLogHead(open: () => Client, channel: string, log: Logger): PostgresLogHead {
  const listeners = new Set<() => void>();
  let newest = Number.NaN;
  let isHeard = false;
  let isClosed = false;
  let following: Promise<void> | undefined;
  let client: Client | undefined;
  let wake = (): void => {};

  const heard = (place: number): void => {
    if (newest >= place) return;
    newest = place;
    for (const listener of listeners) listener();
  };
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  /** Listens until the connection is lost. */
  const listen = async (): Promise<void> => {
    const connection = open();
    client = connection;
    const lost = new Promise<never>((_, reject) => {
      connection.on('error', reject);
      connection.on('end', () => reject(new Error('the connection ended')));
    });
    // Awaited below, where it matters.
    lost.catch(() => {});
    connection.on('notification', ({ payload }) => heard(Number(payload)));
    try {
      await connection.connect();
      await connection.query(`LISTEN "${channel}"`);
      while (!isClosed) {
        const { rows } = await Promise.race([connection.query('SELECT seq FROM log_head'), lost]);
        isHeard = true;
        heard(Number(rows[0]?.seq ?? 0));
        await Promise.race([pause(LOOK_MS), lost]);
      }
    } finally {
      isHeard = false;
      await connection.end().catch(() => {});
    }
  };
  const follow = async (): Promise<void> => {
    while (!isClosed) {
      await listen().catch((cause: unknown) => {
        if (!isClosed) log.debug('the log is not followed', { cause: String(cause) });
      });
      if (!isClosed) await pause(RETRY_MS);
    }
  };
  const begin = (): void => {
    following ??= follow();
  };
  return {
    heard,
    place() {
      begin();
      return isHeard ? newest : Number.NaN;
    },
    watch(listener) {
      begin();
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      isClosed = true;
      listeners.clear();
      wake();
      await client?.end().catch(() => {});
      await following;
    },
  };
}
