import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { CompiledQuery, QueryResult } from 'kysely';
import { storeError } from '../store-error.ts';

const MAX_STATEMENTS = 200;

/** Runs compiled queries on one connection; keeps the statements it prepared. */
export function queryRunner(database: DatabaseSync): <R>(query: CompiledQuery) => QueryResult<R> {
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const kept = statements.get(sql);
    if (kept) return kept;
    const statement = database.prepare(sql);
    if (statements.size >= MAX_STATEMENTS) statements.clear();
    statements.set(sql, statement);
    return statement;
  };
  return <R>(query: CompiledQuery): QueryResult<R> => {
    const statement = prepared(query.sql);
    const parameters = query.parameters.map(toSqlite);
    if (!isCounted(query)) {
      // Spread: SQLite's rows have no prototype, which surprises whoever gets them.
      const rows = statement.all(...parameters).map((row) => ({ ...row }));
      // Kysely knows the row type from the query; the driver cannot.
      return { rows: rows as R[] };
    }
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  };
}

const WRITES: readonly string[] = ['InsertQueryNode', 'UpdateQueryNode', 'DeleteQueryNode'];

/** Whether what counts is how many rows changed, not which rows come back. (`columns()` would say, but came with Node 22.16.) */
function isCounted({ query, sql }: CompiledQuery): boolean {
  if (WRITES.includes(query.kind)) return !('returning' in query && query.returning !== undefined);
  return query.kind === 'RawNode' && /^\s*(insert|update|delete|replace)\b(?!.*\breturning\b)/is.test(sql);
}

/** A value as SQLite takes it. @throws TRS_STORE_PARAMETER */
export function toSqlite(value: unknown): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string') return value;
  if (value instanceof Uint8Array) return value;
  throw storeError('PARAMETER', {
    kind: 'failed',
    message: `A ${value instanceof Date ? 'Date' : typeof value} cannot be a parameter of a query.`,
    hint: 'Pass text (ISO 8601 for times, JSON for objects), numbers or bytes.',
  });
}
