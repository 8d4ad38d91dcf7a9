import { once } from 'node:events';
import process from 'node:process';
import type { ColumnType } from '@trestle/statistics';
import { dataError } from '../../data-error.ts';
import type { Opened, ReadContext, SourceRequest } from '../source.ts';
import { databaseQuery } from './database-query.ts';
import type { OpenedTable } from './opened-rows.ts';

const AT_ONCE = 2_000;

/** Types of MySQL's protocol that are not texts to us. */
const TYPES: Readonly<Record<number, ColumnType>> = {
  1: 'integer',
  2: 'integer',
  3: 'integer',
  8: 'integer',
  9: 'integer',
  13: 'integer',
  0: 'number',
  4: 'number',
  5: 'number',
  246: 'number',
  7: 'timestamp',
  10: 'timestamp',
  12: 'timestamp',
};

/** What the protocol says of a column. */
interface Field {
  readonly name: string;
  readonly columnType?: number;
  readonly flags?: number | readonly string[];
}

const DECIMALS: ReadonlySet<number> = new Set([0, 246]);
const BIGINT = 8;
const UNSIGNED_FLAG = 32;
const isUnsigned = (flags: Exclude<Field['flags'], undefined>): boolean =>
  typeof flags === 'number' ? (flags & UNSIGNED_FLAG) !== 0 : flags.includes('UNSIGNED');

/**
 * Rows of a query on MySQL or MariaDB as they arrive, in a read-only transaction. The password is MYSQL_PWD.
 *
 * @throws TRS_DATA_QUERY_MISSING, TRS_DATA_DATABASE with the server's own words
 */
export async function readMysql(ctx: ReadContext, request: SourceRequest): Promise<Opened & OpenedTable> {
  const { url, query, shown } = databaseQuery(ctx, request);
  const { default: mysql } = await import('mysql2');
  const connection = mysql.createConnection({
    host: url.hostname,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: process.env.MYSQL_PWD ?? '',
    database: decodeURIComponent(url.pathname.slice(1)),
    connectTimeout: 15_000,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    rowsAsArray: true,
    jsonStrings: true,
  });
  const failed = (cause: unknown) =>
    dataError('DATABASE', {
      kind: 'invalid',
      message: `${url.host}: ${cause instanceof Error ? cause.message : cause}.`,
      hint: 'Check the address, the query, and MYSQL_PWD.',
      cause,
    });
  // Its errors come through the queries; without a listener the first would end the process.
  connection.on('error', () => {});
  try {
    const session = connection.promise();
    await session.query("SET time_zone = '+00:00'");
    await session.query('START TRANSACTION READ ONLY');
    const asked = connection.query(query);
    const rows = asked.stream({ highWaterMark: AT_ONCE });
    const [fields] = await Promise.race([
      once(asked, 'fields'),
      once(rows, 'error').then(([cause]) => {
        throw cause;
      }),
    ]);
    const described = fields as readonly Field[];
    const columns = described.map(({ name, columnType = -1, flags = 0 }) => ({
      name,
      type: TYPES[columnType] ?? ('string' as const),
      isDigits: DECIMALS.has(columnType) || (columnType === BIGINT && isUnsigned(flags)),
    }));
    const notes = new Set<string>();
    return {
      kind: 'table',
      shown,
      columns,
      notes,
      close: async () => connection.destroy(),
      rows: (async function* () {
        try {
          for await (const row of rows) yield valuesOf(row, columns, notes);
        } catch (cause) {
          throw failed(cause);
        } finally {
          connection.destroy();
        }
      })(),
    };
  } catch (cause) {
    connection.destroy();
    throw failed(cause);
  }
}

/** MySQL's zero dates are no dates; bytes become base64 further on. Both are said. */
const valuesOf = (row: unknown, columns: OpenedTable['columns'], notes: Set<string>): readonly unknown[] =>
  Array.isArray(row)
    ? row.map((value: unknown, index) => {
        const { name, type } = columns[index] ?? { name: '', type: 'string' };
        if (value instanceof Uint8Array) notes.add(`Column "${name}": bytes are kept as text in base64.`);
        if (type !== 'timestamp' || typeof value !== 'string' || !value.startsWith('0000-')) return value;
        notes.add(`Column "${name}": zero dates (${value.slice(0, 10)}) are kept as missing.`);
        return null;
      })
    : [];
