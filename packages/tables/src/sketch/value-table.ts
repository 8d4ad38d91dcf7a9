import { HASH_BITS, keepMost, RANKS, registersOf, type Values } from '@trestle/statistics';
import type { Engine, Row } from '../engine/engine.ts';
import { identifier } from '../engine/quote.ts';
import type { TypedColumn } from './sketched-column.ts';

/** A table of values `v` and how often they occur, `n`, by the place `c` of their column in a list. */
export const VALUES = '"trestle values"';
/** Longer texts are not kept by the thousand. */
export const SHORT_TEXT = 256;

/** How much is kept of a column. */
export interface Keeping {
  /** Values. */
  readonly keep: number;
  /** Bits that name a register. */
  readonly bits: number;
}

export async function countValues(
  engine: Engine,
  relation: string,
  columns: readonly TypedColumn[],
): Promise<void> {
  const each = columns.map(({ name, type }, c) => {
    const column = identifier(name);
    // Of the two zeros one is kept, as they are equal and their texts are not.
    const value = type === 'number' ? `CAST(${column} AS DOUBLE) + 0.0` : column;
    return `SELECT ${c} AS c, ${value} AS v FROM ${relation} WHERE ${column} IS NOT NULL`;
  });
  const [only] = each;
  const counted =
    each.length === 1
      ? // Not by `c`, which takes half as long again.
        `SELECT 0 AS c, v, count(*) AS n FROM (${only}) GROUP BY v`
      : `SELECT c, v, count(*) AS n FROM (${each.join(' UNION ALL ')}) GROUP BY ALL`;
  await engine.run(`CREATE OR REPLACE TEMP TABLE ${VALUES} AS ${counted}`);
}

/** The most frequent values of each column, one more than are kept. */
export function keptRows(
  kept: readonly { readonly c: number; readonly keep: number }[],
  bits: number,
): string {
  const [first] = kept;
  const place = placeOf(registerOf('hash(v)', bits), restOf('hash(v)', bits), bits);
  const most =
    kept.length === 1
      ? `SELECT * FROM ${VALUES} ORDER BY n DESC, v LIMIT ${(first?.keep ?? 0) + 1}`
      : `SELECT * FROM ${VALUES} JOIN (VALUES ${kept.map(({ c, keep }) => `(${c}, ${keep})`).join(', ')}) AS kept(c, keep) USING (c) QUALIFY row_number() OVER (PARTITION BY c ORDER BY n DESC, v) <= keep + 1`;
  return `SELECT c, CAST(v AS VARCHAR) AS value, n, ${place} AS place FROM (${most}) ORDER BY c, n DESC, v`;
}

/** What is kept of a column's `keptRows`. */
export const keptFrom = (rows: readonly Row[], keep: number): Values =>
  keepMost(
    { values: rows.map((row) => [String(row.value), Number(row.n), Number(row.place)]), untold: 0 },
    keep,
  );

/** The places that are reached in the registers of the values `v` of each column `c` of a relation. */
export function registerRows(relation: string, bits: number): string {
  const hashes = `SELECT c, hash(v) AS h FROM ${relation}`;
  const lowest = `SELECT c, ${registerOf('h', bits)} AS register, min(${restOf('h', bits)}) AS rest FROM (${hashes}) GROUP BY ALL`;
  return `SELECT c, ${placeOf('register', 'rest', bits)} AS place FROM (${lowest})`;
}

/** The registers of a column's `registerRows`, as they are kept. */
export const registersIn = (rows: readonly Row[], bits: number): string =>
  Buffer.from(
    registersOf(
      rows.map(({ place }) => Number(place)),
      bits,
    ),
  ).toString('base64');

export function byColumn(rows: readonly Row[]): Map<number, Row[]> {
  const found = new Map<number, Row[]>();
  for (const row of rows) {
    const some = found.get(Number(row.c));
    if (some) some.push(row);
    else found.set(Number(row.c), [row]);
  }
  return found;
}

/** The register of a value, in SQL. */
const registerOf = (hash: string, bits: number): string => `(${hash} & ${2 ** bits - 1})`;
/** What is left of its hash. A register keeps the smallest. */
const restOf = (hash: string, bits: number): string => `(${hash} >> ${bits})`;
/** Both as one number, register x 64 + rank, in SQL. */
const placeOf = (register: string, rest: string, bits: number): string =>
  `CAST(${register} * ${RANKS} + CASE WHEN ${rest} = 0 THEN ${HASH_BITS + 1 - bits} ELSE ${HASH_BITS - bits} - floor(log2(${rest})) END AS INTEGER)`;
