import { extensionPoint, type Scope, token } from '@trestle/kernel';
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import type { DatabaseHealth } from '../interface/health.ts';
import type { StoreClock } from '../interface/metadata.ts';
import type { StoreTables } from './tables.ts';

/**
 * - `schema`: a step of a migration, alone among those of all processes;
 * - `state`: durable, alone among the changes of all processes, and made even when the disk is full where space is kept for it;
 * - `data`: durable, without an event;
 * - `relaxed`: consistent, but the newest may be lost in a power cut.
 */
export type Weight = 'schema' | 'state' | 'data' | 'relaxed';

/** Where the log ends, as far as it was heard. */
export interface LogHead {
  /** The newest place; NaN while it cannot be told. Waits for nothing. */
  place(): number;
  /** Calls `listener` soon after the log has grown, by whomever; more often does no harm. @returns ends it */
  watch(listener: () => void): () => void;
}

/** What a database brings to the store: its connections, and what its SQL says in a way of its own. All else is the same for each. */
export interface SqlDatabase {
  /** Reads what is committed, and refuses to write. Its streams do not keep others waiting. */
  readonly reader: Kysely<StoreTables>;
  readonly clock: StoreClock;
  readonly head: LogHead;
  /**
   * Runs a transaction that is serialisable. `work` is run again when another came between.
   *
   * @throws TRS_STORE_… in place of the database's own errors
   */
  transact<T>(weight: Weight, work: (db: Transaction<StoreTables>) => Promise<T>): Promise<T>;
  /**
   * Reads everything as of one moment, on a connection of its own, however long that takes: nobody waits for it, and what others
   * change meanwhile is not seen. Rows of a table come in the order in which they lie, the same each time where nothing changed.
   */
  snapshot<T>(work: (db: Transaction<StoreTables>) => Promise<T>): Promise<T>;
  /** Makes the database refuse to update or delete rows of a table. */
  forbidChanges(db: Kysely<unknown>, table: string): Promise<void>;
  /** Keeps others from writing to tables until the transaction ends. */
  freeze(db: Transaction<StoreTables>, tables: readonly string[]): Promise<void>;
  /** Counts on behind the rows that came into a table with numbers of their own. */
  continueNumbers(db: Transaction<StoreTables>, table: string): Promise<void>;
  /** @throws what keeps it from being used */
  ready(): Promise<void>;
  check(): Promise<DatabaseHealth>;
  /** Ends behind what is under way. */
  close(): Promise<void>;
}

/** The database under metadata, log, lineage, jobs and leases: who replaces it replaces them all. */
export const databaseToken = token<SqlDatabase>('store.database');

/** A database by its name, for copies from one to another: `trestle store migrate sqlite postgres`. */
export interface NamedDatabase {
  readonly name: string;
  /** Opens it as the project's configuration says; whoever asked closes it. */
  readonly open: (scope: Scope) => Promise<SqlDatabase>;
}

/** Where plugins contribute the databases that they bring. */
export const databases = extensionPoint<NamedDatabase>('store.databases');

/** A moment of the database's clock, so many milliseconds from now. */
export const msFromNow = (clock: StoreClock, ms: number): RawBuilder<number> =>
  sql<number>`${clock.ms} + ${Math.round(ms)}`;
