import { join } from 'node:path';
import type { ColumnType } from '@trestle/contracts';
import { type Engine, STORED_TYPES } from '@trestle/tables';
import { identifier, literal } from '@trestle/tables/sql';
import { parquetRelation } from '../version/version-relation.ts';

/** Values in one statement. */
const AT_ONCE = 5_000;

/** What is left of a part, and what went. */
export interface ErasedPart {
  /** A new file with the rows that stay, in their order. */
  readonly path: string;
  readonly rowsLeft: number;
  readonly rowsErased: number;
  /** Missing values in the rows that went, by column. */
  readonly nullsErased: Readonly<Record<string, number>>;
}

/** Puts the values to erase into a table of the engine; those that cannot be of the column's type match nothing. */
export async function takeValues(
  engine: Engine,
  values: readonly string[],
  type: ColumnType,
): Promise<number> {
  await engine.run(`CREATE OR REPLACE TEMP TABLE erased (value ${STORED_TYPES[type]})`);
  for (let at = 0; at < values.length; at += AT_ONCE) {
    const list = values.slice(at, at + AT_ONCE).map((value) => `(${literal(value)})`);
    await engine.run(
      `INSERT INTO erased SELECT TRY_CAST(value AS ${STORED_TYPES[type]}) FROM (VALUES ${list.join(', ')}) AS given (value)`,
    );
  }
  const [count] = await engine.rows('SELECT count(value) AS n FROM erased');
  return Number(count?.n ?? 0);
}

/** Writes a part anew without the rows whose column has one of the values; undefined when it holds none of them. */
export async function erasePart(
  engine: Engine,
  file: string,
  column: string,
  columns: readonly string[],
  dir: string,
): Promise<ErasedPart | undefined> {
  const relation = parquetRelation([file]);
  const matches = await matching(engine, column, columns.length > WIDE_COLUMNS);
  const [found] = await engine.rows(
    `SELECT count(*) AS total, count(*) FILTER (coalesce(${matches}, false)) AS erased FROM ${relation}`,
  );
  const rowsErased = Number(found?.erased ?? 0);
  if (rowsErased === 0) return undefined;
  const path = join(dir, 'left.parquet');
  await engine.run(
    `COPY (SELECT * FROM ${relation} WHERE NOT coalesce(${matches}, false)) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  return {
    path,
    rowsErased,
    rowsLeft: Number(found?.total) - rowsErased,
    nullsErased: await nullsOf(engine, `${relation} WHERE ${matches}`, columns),
  };
}

/** Rows with more columns do not fit into a join. */
const WIDE_COLUMNS = 500;

/** That a row is to go, as a condition: a join with the values, or of wide rows a list of them. */
async function matching(engine: Engine, column: string, isWide: boolean): Promise<string> {
  const key = identifier(column);
  if (!isWide) return `${key} IN (SELECT value FROM erased WHERE value IS NOT NULL)`;
  const values = await engine.rows(
    'SELECT DISTINCT CAST(value AS VARCHAR) AS value, typeof(value) AS type FROM erased WHERE value IS NOT NULL',
  );
  const list = values.map(({ value }) => literal(String(value)));
  return `list_contains(CAST([${list.join(', ')}] AS ${values[0]?.type ?? 'VARCHAR'}[]), ${key})`;
}

/** Columns in one statement: more take long to plan. */
const COLUMNS_AT_ONCE = 200;

async function nullsOf(
  engine: Engine,
  rows: string,
  columns: readonly string[],
): Promise<Readonly<Record<string, number>>> {
  const nulls: (readonly [name: string, count: number])[] = [];
  for (let at = 0; at < columns.length; at += COLUMNS_AT_ONCE) {
    const some = columns.slice(at, at + COLUMNS_AT_ONCE);
    const list = some.map((name, index) => `count(*) - count(${identifier(name)}) AS n${index}`);
    const [found] = await engine.rows(`SELECT ${list.join(', ')} FROM ${rows}`);
    for (const [index, name] of some.entries()) nulls.push([name, Number(found?.[`n${index}`] ?? 0)]);
  }
  return Object.fromEntries(nulls);
}
