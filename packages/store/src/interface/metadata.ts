import {
  type Actor,
  type EventKind,
  type EventOf,
  extensionPoint,
  type JobInbox,
  type LineageEdge,
  type LogEvent,
  type PayloadOf,
  token,
} from '@trestle/kernel';
import type { Kysely, RawBuilder, Transaction } from 'kysely';

/** A change in progress: everything done through it becomes durable together, or not at all. */
export interface Change<Tables> extends JobInbox {
  readonly db: Transaction<Tables>;
  /** Appends an event of a kind to the hash-chained log, about a subject: `record(modelPromoted, 'model:a@3', {…})`. */
  record<Kind extends EventKind>(kind: Kind, subject: string, payload: PayloadOf<Kind>): Promise<LogEvent>;
  /** Adds a lineage edge; adding it twice is adding it once. */
  link(edge: Omit<LineageEdge, 'time'>): Promise<void>;
}

/**
 * The store's one clock, in SQL. What processes compare with each other (a lease, a date of expiry, an order) is told in its time:
 * their own clocks may be minutes apart.
 */
export interface StoreClock {
  /** Milliseconds since 1970, whole. */
  readonly ms: RawBuilder<number>;
  /** ISO 8601 in UTC, with milliseconds: `2026-11-30T21:29:24.000Z`. */
  readonly iso: RawBuilder<string>;
}

/** Metadata behind one interface: SQLite embedded, Postgres scaled. */
export interface Metadata {
  readonly clock: StoreClock;
  /** For reading. `Tables` is the plugin's own table types. */
  query<Tables>(): Kysely<Tables>;
  /**
   * Changes state: the change, its events and its lineage edges are one durable transaction.
   * Waits for other writers without blocking the process. `work` only touches the change: it may be run again, when the disk
   * was full and space was kept in reserve, or when another's change came between.
   * @param actor also brings the job or lease under which it acts: what a worker does late is refused
   * @throws TRS_STORE_FENCED when another worker has taken the actor's job or lease,
   *   TRS_STORE_LOCKED when others hold the database for longer than the configured wait,
   *   TRS_STORE_FULL, TRS_STORE_READ_ONLY, TRS_STORE_NESTED_CHANGE when `work` begins another change
   */
  change<Tables, T>(actor: Actor, work: (change: Change<Tables>) => Promise<T>): Promise<T>;
  /**
   * The place of the newest change in the log, whoever made it: what was read of the state under another place may be out of date.
   * A change is counted when it is acknowledged to whoever asks here, and within a second where others ask. Cheap enough for each
   * request: it waits for nothing, and is NaN, which equals no number, while the place cannot be told.
   */
  changes(): number;
  /**
   * Writes data that is not state (the prediction log): one durable transaction, no event.
   * @throws TRS_STORE_FENCED when another worker has taken the actor's job or lease
   */
  write<Tables, T>(work: (db: Transaction<Tables>) => Promise<T>, actor?: Pick<Actor, 'fence'>): Promise<T>;
}

export const metadataToken = token<Metadata>('store.metadata');

/** Rows that follow from events: brought up to date in the transaction that records one, or the event is not recorded either. */
export interface Projection {
  readonly events: readonly EventKind[];
  readonly load: () => Promise<(change: Change<never>, event: LogEvent) => Promise<void>>;
}

/**
 * Defines a projection. `apply` only touches the change: it runs inside a transaction, and others wait for it. What must not delay
 * or undo the event is a subscriber instead.
 */
export const projection = <Kinds extends readonly EventKind[], Tables>(
  events: Kinds,
  load: () => Promise<(change: Change<Tables>, event: EventOf<Kinds[number]>) => Promise<void>>,
): Projection => ({
  events,
  load: async () => {
    const apply = await load();
    return async (change, event) => {
      const kind = events.find(({ type }) => type === event.type);
      // Checked against its own kind, and the tables are the plugin's own: both types are known to `load` alone.
      const known = { ...event, payload: kind?.payload.parse(event.payload) } as EventOf<Kinds[number]>;
      await apply(change as unknown as Change<Tables>, known);
    };
  },
});

/** Where plugins contribute projections. */
export const projections = extensionPoint<Projection>('store.projections');

/** One step of a plugin's schema. Steps are only ever added; names are unique and sort in the order of application. */
export interface Migration {
  /** `data-0001-datasets` */
  readonly name: string;
  /** Uses Kysely's schema builder only, so that it runs on SQLite and Postgres. */
  readonly up: (db: Kysely<unknown>) => Promise<void>;
}

/** Where plugins contribute their migrations; applied before the first use of the store. */
export const migrations = extensionPoint<Migration>('store.migrations');
