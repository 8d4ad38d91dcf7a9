import type { TypedColumn } from './batches.ts';
import { storedTypeOf } from './column-types.ts';
import type { Engine } from './engine.ts';
import { identifier } from './quote.ts';

/** What one value that cannot be kept is called in an error that the engine hands on. */
const MARK = 'trestle: not exact';

const FLOATS = /^(DOUBLE|FLOAT)$/;
const WHOLE = /^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/;
const DECIMAL = /^DECIMAL\((\d+),(\d+)\)$/;

/** When a value of one type is the same value in another, as SQL; undefined when every one is. */
function isExact(column: string, from: string, to: string): string | undefined {
  if (from === to || to === 'VARCHAR') return undefined;
  if (from === 'VARCHAR') return isSpelt(column, to);
  if (from === 'BOOLEAN' || to === 'BOOLEAN') return 'false';
  if (to === 'TIMESTAMP') return from === 'DATE' || from.startsWith('TIMESTAMP') ? undefined : 'false';
  if (from === 'DATE' || from.startsWith('TIMESTAMP')) return 'false';
  const cast = `TRY_CAST(${column} AS ${to})`;
  if (FLOATS.test(from)) {
    if (FLOATS.test(to)) return from === 'FLOAT' ? undefined : `(${cast} = ${column})`;
    // The engine rounds: only what comes back is what went in.
    return `(CAST(TRY_CAST(${meant(column, from, to)} AS ${to}) AS ${from}) = ${column})`;
  }
  if (FLOATS.test(to)) {
    if (/^U?(TINY|SMALL)INT$|^U?INTEGER$/.test(from)) return undefined;
    const back = DECIMAL.test(from)
      ? `TRY_CAST(CAST(${cast} AS VARCHAR) AS ${from})`
      : `TRY_CAST(${cast} AS HUGEINT)`;
    return `(${back} = ${column})`;
  }
  // Compared as what it was: a type that holds both may not be there.
  return WHOLE.test(from) || DECIMAL.test(from) ? `(TRY_CAST(${cast} AS ${from}) = ${column})` : 'false';
}

/** As its shortest text a double says the number that was meant; the engine multiplies, and loses what is beyond 2^53. */
const meant = (column: string, from: string, to: string): string =>
  from === 'DOUBLE' && DECIMAL.test(to) ? `CAST(${column} AS VARCHAR)` : column;

/** When a text is how a value of a type is written. */
function isSpelt(column: string, to: string): string {
  const cast = `TRY_CAST(${column} AS ${to})`;
  if (to === 'BOOLEAN') return `(lower(${column}) IN ('true', 'false'))`;
  if (WHOLE.test(to)) return `(CAST(${cast} AS VARCHAR) = ${column})`;
  return DECIMAL.test(to) ? `(${cast} = TRY_CAST(${column} AS DECIMAL(38,18)))` : `(${cast} IS NOT NULL)`;
}

/** A column that holds a value which its type there cannot hold, and where. */
export interface Misfit {
  readonly column: string;
  /** From 1. */
  readonly row: number;
  readonly value: string;
}

/**
 * A relation of which every column has the stored type that it is to have. Reading it fails at the first value that would
 * become another one: `misfitIn` then says which.
 *
 * @param found what the relation's columns are to the engine
 */
export function exactRelation(
  relation: string,
  columns: readonly TypedColumn[],
  found: readonly { readonly name: string; readonly duckType: string }[],
): string {
  const typeOf = new Map(found.map(({ name, duckType }) => [name, duckType]));
  let isChecked = false;
  const list = columns.map((column) => {
    const name = identifier(column.name);
    const to = storedTypeOf(column);
    const from = typeOf.get(column.name) ?? to;
    const exact = isExact(name, from, to);
    if (exact === undefined) return name;
    isChecked = true;
    // The text of the error keeps the engine from computing it for every row beforehand.
    return `CASE WHEN ${name} IS NULL THEN NULL WHEN ${exact} THEN CAST(${meant(name, from, to)} AS ${to}) ELSE error('${MARK}') END AS ${name}`;
  });
  return isChecked ? `(SELECT ${list.join(', ')} FROM ${relation})` : relation;
}

export const isInexact = (thrown: unknown): boolean =>
  thrown instanceof Error && thrown.message.toLowerCase().includes(MARK);

/** The first value of a relation that would not stay what it is; undefined when there is none. */
export async function misfitIn(
  engine: Engine,
  relation: string,
  columns: readonly TypedColumn[],
  found: readonly { readonly name: string; readonly duckType: string }[],
): Promise<Misfit | undefined> {
  const typeOf = new Map(found.map(({ name, duckType }) => [name, duckType]));
  for (const column of columns) {
    const name = identifier(column.name);
    const to = storedTypeOf(column);
    const exact = isExact(name, typeOf.get(column.name) ?? to, to);
    if (exact === undefined) continue;
    const [row] = await engine.rows(
      `SELECT "trestle row" AS row, CAST(${name} AS VARCHAR) AS value
       FROM (SELECT row_number() OVER () AS "trestle row", ${name} FROM ${relation})
       WHERE ${name} IS NOT NULL AND (${exact}) IS NOT TRUE ORDER BY 1 LIMIT 1`,
    );
    if (row) return { column: column.name, row: Number(row.row), value: String(row.value) };
  }
  return undefined;
}
