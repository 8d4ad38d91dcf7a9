import process from 'node:process';
import type { ColumnType } from '@trestle/statistics';
import { z } from 'zod';
import { dataError } from '../../data-error.ts';
import type { Opened, ReadContext, SourceRequest } from '../source.ts';
import { databaseQuery } from './database-query.ts';
import type { OpenedTable } from './opened-rows.ts';

const AT_ONCE = 2_000;

/** OIDs of pg_type that are not texts to us. */
const TYPES: Readonly<Record<number, ColumnType>> = {
  16: 'boolean',
  20: 'integer',
  21: 'integer',
  23: 'integer',
  700: 'number',
  701: 'number',
  1700: 'number',
  1082: 'timestamp',
  1114: 'timestamp',
  1184: 'timestamp',
};
/** Their digits are kept, whatever the column was declared. */
const NUMERIC = 1700;
const BYTEA = 17;
const WITH_ZONE = 1184;
/** As JSON of JavaScript they would lose digits. */
const JSON_TYPES = [114, 3802];
const TIMES = Object.entries(TYPES).flatMap(([oid, type]) => (type === 'timestamp' ? [Number(oid)] : []));

/**
 * Rows of a query on PostgreSQL through a cursor, in a read-only transaction. The password is PGPASSWORD.
 *
 * @throws TRS_DATA_QUERY_MISSING, TRS_DATA_DATABASE with the server's own words
 */
export async function readPostgres(ctx: ReadContext, request: SourceRequest): Promise<Opened & OpenedTable> {
  const { url, query, shown } = databaseQuery(ctx, request);
  const { default: postgres } = await import('postgres');
  const asTheyCome = (text: string): string => text;
  const database = postgres(url.href, {
    max: 1,
    password: process.env.PGPASSWORD ?? '',
    connect_timeout: 15,
    onnotice: () => {},
    // Node would take a time without a zone for one of the local zone; the engine reads the text as it is.
    types: { date: { to: 1184, from: [...TIMES, ...JSON_TYPES], serialize: String, parse: asTheyCome } },
    connection: { TimeZone: 'UTC' },
  });
  const pieces = (async function* () {
    try {
      const connection = await database.reserve();
      try {
        await connection`BEGIN READ ONLY`;
        for await (const rows of connection.unsafe(query).values().cursor(AT_ONCE)) yield rows;
      } finally {
        connection.release();
      }
    } catch (cause) {
      throw dataError('DATABASE', {
        kind: 'invalid',
        message: `${url.host}: ${cause instanceof Error ? cause.message : cause}.`,
        hint: 'Check the address, the query, and PGPASSWORD.',
        cause,
      });
    } finally {
      await database.end({ timeout: 5 });
    }
  })();
  const first = await pieces.next();
  if (first.done) return { kind: 'table', shown, columns: [], rows: [] };
  // It is beside the rows, which the driver's types do not say of rows that are arrays.
  const described = z
    .array(z.object({ name: z.string(), type: z.number() }))
    .parse('columns' in first.value ? first.value.columns : []);
  const columns = described.map(({ name, type }) => ({
    name,
    type: TYPES[type] ?? ('string' as const),
    isDigits: type === NUMERIC,
  }));
  const notes = described.flatMap(({ name, type }) => [
    ...(type === BYTEA ? [`Column "${name}": bytes are kept as text in base64.`] : []),
    ...(type === WITH_ZONE ? [`Column "${name}": times with a zone are kept as UTC.`] : []),
  ]);
  return {
    kind: 'table',
    shown,
    columns,
    notes: new Set(notes),
    close: async () => void (await pieces.return(undefined)),
    rows: (async function* () {
      try {
        yield* first.value;
        for await (const rows of pieces) yield* rows;
      } finally {
        await pieces.return(undefined);
      }
    })(),
  };
}
