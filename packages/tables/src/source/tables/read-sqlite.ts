import { dataError } from '../../data-error.ts';
import type { ReadContext, SourceRequest } from '../source.ts';
import type { OpenedRows } from './opened-rows.ts';

/** Rows of a SQLite file: of a query, or of its only table. The file is opened for reading. @throws TRS_DATA_SQLITE */
export async function readSqlite(
  _ctx: ReadContext,
  { address: path, shown, told: { query } }: SourceRequest,
): Promise<OpenedRows> {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const sql = query ?? `SELECT * FROM ${onlyTable(database.prepare(TABLES).all(), shown)}`;
    // Inside a SELECT nothing else fits: no ATTACH of another file, no PRAGMA.
    const statement = database.prepare(`SELECT * FROM (${sql}\n)`);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    return {
      kind: 'rows',
      // Of the query itself: a query around it gets others for names that come twice.
      names: database
        .prepare(sql)
        .columns()
        .map((column) => column.name),
      rows: arrays(statement.iterate()),
      close: () => database.close(),
    };
  } catch (cause) {
    database.close();
    if (cause instanceof Error && 'errcode' in cause) {
      throw dataError('SQLITE', {
        kind: 'invalid',
        message: `"${shown}": ${cause.message}.`,
        hint: 'The file must be a SQLite database, the query one SELECT.',
        cause,
      });
    }
    throw cause;
  }
}

const TABLES =
  "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";

function onlyTable(rows: readonly Record<string, unknown>[], shown: string): string {
  const names = rows.map((row) => String(row.name));
  const [only] = names;
  if (only !== undefined && names.length === 1) return `"${only.replaceAll('"', '""')}"`;
  throw dataError('SQLITE', {
    kind: 'invalid',
    message: `"${shown}" has ${names.length} tables.`,
    hint: `Say what you want with --query "SELECT …"; tables: ${names.slice(0, 20).join(', ')}.`,
    details: { tables: names },
  });
}

/** With `setReturnArrays` the rows are arrays, which the types of Node do not say. */
function* arrays(rows: Iterable<unknown>): Generator<readonly unknown[]> {
  for (const row of rows) if (Array.isArray(row)) yield row;
}
