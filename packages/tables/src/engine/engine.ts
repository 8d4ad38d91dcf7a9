import {
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { dataError } from '../data-error.ts';
import type { EngineLimits } from '../limits.ts';
import { engineMessage, inWords } from './engine-message.ts';
import { literal } from './quote.ts';

/** A result row, by column. */
export type Row = Readonly<Record<string, DuckDBValue>>;

/** Values of a statement's parameters: by position, or by name (`$name`). */
export type Parameters = readonly DuckDBValue[] | Readonly<Record<string, DuckDBValue>>;

/** DuckDB, locked down: it sees the files it was opened for, and nothing else. */
export interface Engine {
  run(sql: string, values?: Parameters): Promise<void>;
  rows(sql: string, values?: Parameters): Promise<readonly Row[]>;
  /** Column values chunk by chunk; at most a chunk (2,048 rows) is in memory. */
  chunks(
    sql: string,
  ): AsyncIterable<{ readonly rows: number; readonly columns: readonly (readonly DuckDBValue[])[] }>;
  /**
   * The same for a query of which every column is FLOAT without NULL, many times as fast: the engine's own memory, of which
   * the views are empty once the next chunk is asked for. The engine makes that one while this one is looked at.
   */
  floats(sql: string): AsyncGenerator<FloatChunk>;
  /** Puts rows into a table of the engine, at most a chunk (2,048) at once: a list of values for each of its columns. */
  append(
    table: string,
    types: readonly DuckDBType[],
  ): Promise<{ rows(columns: readonly DuckDBValue[][]): Promise<void>; close(): Promise<void> }>;
  close(): void;
}

export interface FloatChunk {
  readonly rows: number;
  readonly columns: readonly Float32Array[];
  /** What the memory belongs to. */
  readonly chunk: unknown;
}

export interface EngineOptions {
  /** Single files that may be read. */
  readonly files?: readonly string[];
  /** Folders in which anything may be read and written; the first takes what spills. */
  readonly dirs: readonly [string, ...string[]];
  readonly signal?: AbortSignal | undefined;
}

/** What the engine makes of a stream ahead of its reader: with the 1 MB that it makes otherwise, each waits for the other. */
const STREAM_AHEAD_MIB = 16;

/** DuckDB before it is locked: it says what SQL means, and runs none of a user. */
export interface UnlockedEngine {
  /** The engine's own syntax tree of a statement, as JSON. */
  syntaxTree(sql: string): Promise<string>;
  lock(sight: Omit<EngineOptions, 'signal'>): Promise<LockedEngine>;
  close(): void;
}

/** DuckDB, locked down. What is temporary (views) is seen by the one `Engine` alone in which it was made. */
export interface LockedEngine {
  /** The first; closing it closes everything. */
  readonly engine: Engine;
  /** Another, which does not read as far ahead in streams. */
  connect(): Promise<Engine>;
}

/**
 * Opens an engine in memory. After this, no SQL can reach another file, the network, an extension or a setting.
 *
 * @throws TRS_DATA_ENGINE when a query fails, saying what is wrong
 */
export async function openEngine(limits: EngineLimits, { signal, ...sight }: EngineOptions): Promise<Engine> {
  const unlocked = await openUnlocked(limits, signal);
  try {
    return (await unlocked.lock(sight)).engine;
  } catch (thrown) {
    unlocked.close();
    throw thrown;
  }
}

/** The first half of `openEngine`, for who must read SQL to know what files an engine is to see. */
export async function openUnlocked(limits: EngineLimits, signal?: AbortSignal): Promise<UnlockedEngine> {
  const { memoryMiB, threads } = limits;
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: `${memoryMiB}MiB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  let close = (): void => {
    connection.closeSync();
    instance.closeSync();
  };
  const list = (paths: readonly string[]): string => `[${paths.map(literal).join(', ')}]`;
  return {
    async syntaxTree(sql) {
      const [row] = await guarded(signal, async () => {
        const result = await connection.runAndReadAll(`SELECT json_serialize_sql(${literal(sql)})`);
        return result.getRows();
      });
      return String(row?.[0]);
    },
    async lock({ files = [], dirs }) {
      await connection.run(`
        SET streaming_buffer_size = '${STREAM_AHEAD_MIB}MiB';
        SET temp_directory = ${literal(dirs[0])};
        SET allowed_paths = ${list(files)};
        SET allowed_directories = ${list(dirs.map((dir) => `${dir}/`))};
        SET enable_external_access = false;
        SET lock_configuration = true;`);
      const engine = engineOn(instance, connection, signal);
      close = () => {
        engine.close();
        instance.closeSync();
      };
      return {
        engine: { ...engine, close },
        connect: async () => engineOn(instance, await instance.connect(), signal),
      };
    },
    close: () => close(),
  };
}

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

/** Runs work of the engine, and makes a readable error of its failure. */
async function guarded<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await work();
  } catch (cause) {
    signal?.throwIfAborted();
    if (isDiskFull(cause)) {
      throw dataError('DISK_FULL', {
        kind: 'failed',
        message: 'The disk is full: the rows could not be written.',
        hint: 'Free some space and run the command again; nothing of it was kept.',
        cause,
      });
    }
    const said = engineMessage(cause);
    throw dataError('ENGINE', {
      kind: 'invalid',
      message: sentence(inWords(said)),
      hint: said.hint ?? 'Run with TRESTLE_DEBUG=1 for all that is known of it.',
      cause,
    });
  }
}

function engineOn(
  instance: DuckDBInstance,
  connection: DuckDBConnection,
  signal: AbortSignal | undefined,
): Engine {
  const interrupt = (): void => connection.interrupt();
  signal?.addEventListener('abort', interrupt);
  const guard = <T>(work: () => Promise<T>): Promise<T> => guarded(signal, work);
  return {
    run: (sql, values = []) => guard(async () => void (await connection.run(sql, bound(values)))),
    rows: (sql, values = []) =>
      guard(async () => (await connection.runAndReadAll(sql, bound(values))).getRowObjects()),
    async *chunks(sql) {
      const result = await guard(() => connection.stream(sql));
      for (;;) {
        const chunk = await guard(() => result.fetchChunk());
        if (!chunk || chunk.rowCount === 0) return;
        yield { rows: chunk.rowCount, columns: chunk.getColumns() };
      }
    },
    async *floats(sql) {
      const result = await guard(() => connection.stream(sql));
      const ask = () => {
        const next = guard(() => result.fetchChunk());
        // Whoever comes to it sees the failure; until then it is not unhandled.
        next.catch(() => {});
        return next;
      };
      let next = ask();
      try {
        for (;;) {
          const chunk = await next;
          if (!chunk || chunk.rowCount === 0) return;
          next = ask();
          const rows = chunk.rowCount;
          const columns = Array.from({ length: chunk.columnCount }, (_, index) =>
            floatsOf(duckdb.vector_get_data(duckdb.data_chunk_get_vector(chunk.chunk, index), rows * 4)),
          );
          yield { rows, columns, chunk };
          // The collector counts what a view shows until the view is gone, and would run every few chunks for it.
          for (const { buffer } of columns) if (buffer instanceof ArrayBuffer) buffer.transfer(0);
        }
      } finally {
        await next.catch(() => {});
      }
    },
    async append(table, types) {
      // A connection of its own: what the appender flushes would end a stream that is read through the other one.
      const writing = await guard(() => instance.connect());
      const appender = await guard(() => writing.createAppender(table));
      return {
        rows: (columns) =>
          guard(async () => {
            const chunk = DuckDBDataChunk.create(types);
            chunk.setColumns([...columns]);
            appender.appendDataChunk(chunk);
          }),
        close: () =>
          guard(async () => {
            appender.closeSync();
            writing.closeSync();
          }),
      };
    },
    close() {
      signal?.removeEventListener('abort', interrupt);
      connection.closeSync();
    },
  };
}

const floatsOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array =>
  new Float32Array(buffer, byteOffset, byteLength / 4);

/** Undefined without values: such a statement need not be prepared first, which takes four turns to the engine for one. */
const bound = (values: Parameters): DuckDBValue[] | Record<string, DuckDBValue> | undefined => {
  if (Object.keys(values).length === 0) return undefined;
  return isList(values) ? [...values] : { ...values };
};
const isList = (values: Parameters): values is readonly DuckDBValue[] => Array.isArray(values);

/** DuckDB has no code for it: its message carries what the system said. */
const isDiskFull = (cause: unknown): boolean =>
  cause instanceof Error && /No space left on device|Disk quota exceeded/.test(cause.message);
