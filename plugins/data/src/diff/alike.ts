import type { Column } from '@trestle/contracts';
import { type Engine, isNumeric, storedTypeOf } from '@trestle/tables';
import { identifier } from '@trestle/tables/sql';

type Kept = Pick<Column, 'name' | 'type' | 'stored'>;

/** A column whose values are kept in two ways, brought to one in which equal values are equal. */
export interface AlikeColumn {
  readonly name: string;
  readonly isNumber: boolean;
  /** SQL of its value on each side. */
  readonly from: string;
  readonly to: string;
}

/**
 * Brings columns that two versions keep differently to one form: numbers to DOUBLE where that changes none of them, anything
 * else to one spelling, so that 5 is 5.0, a day its midnight, and a whole number beyond 2^53 no neighbour of it.
 */
export async function alikeColumns(
  engine: Engine,
  sides: { readonly from: string; readonly to: string },
  older: readonly Kept[],
  newer: readonly Kept[],
): Promise<readonly AlikeColumn[]> {
  const after = new Map(newer.map((column) => [column.name, column]));
  const alike: AlikeColumn[] = [];
  for (const before of older) {
    const now = after.get(before.name);
    if (!now || storedTypeOf(before) === storedTypeOf(now)) continue;
    const { name } = before;
    const isNumber =
      isNumeric(before.type) &&
      isNumeric(now.type) &&
      (await isExactAsDouble(engine, sides.from, before)) &&
      (await isExactAsDouble(engine, sides.to, now));
    const value = `CAST(${identifier(name)} AS DOUBLE)`;
    alike.push(
      isNumber
        ? { name, isNumber, from: value, to: value }
        : { name, isNumber, from: spelling(before, now), to: spelling(now, before) },
    );
  }
  return alike;
}

async function isExactAsDouble(engine: Engine, relation: string, column: Kept): Promise<boolean> {
  const name = identifier(column.name);
  const stored = storedTypeOf(column);
  if (stored === 'DOUBLE') return true;
  const back =
    stored === 'BIGINT'
      ? `TRY_CAST(CAST(${name} AS DOUBLE) AS HUGEINT)`
      : `TRY_CAST(CAST(CAST(${name} AS DOUBLE) AS VARCHAR) AS ${stored})`;
  const [row] = await engine.rows(
    `SELECT count(*) AS changed FROM ${relation} WHERE ${name} IS NOT NULL AND (${back} = ${name}) IS NOT TRUE`,
  );
  return Number(row?.changed) === 0;
}

/** Without the zeros that a number may or may not end with. */
const bare = (text: string): string =>
  `CASE WHEN contains(${text}, '.') THEN rtrim(rtrim(${text}, '0'), '.') ELSE ${text} END`;

/** A value as the one text that stands for it, in view of what it is compared with. */
function spelling(column: Kept, other: Kept): string {
  const name = identifier(column.name);
  const text = `CAST(${name} AS VARCHAR)`;
  switch (column.type) {
    case 'integer':
    case 'boolean':
    case 'timestamp':
      return text;
    case 'number':
      return storedTypeOf(column) === 'DOUBLE' ? doubleText(name) : bare(text);
    case 'string':
      if (isNumeric(other.type))
        return `CASE WHEN regexp_full_match(${name}, '-?(0|[1-9][0-9]*)(\\.[0-9]+)?') THEN ${bare(name)} ELSE ${name} END`;
      if (other.type === 'timestamp')
        return `CASE WHEN regexp_matches(${name}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}') THEN coalesce(CAST(TRY_CAST(${name} AS TIMESTAMP) AS VARCHAR), ${name}) ELSE ${name} END`;
      return other.type === 'boolean'
        ? `CASE WHEN lower(${name}) IN ('true', 'false') THEN lower(${name}) ELSE ${name} END`
        : name;
  }
}

/** Whole ones by all of their digits, others by the fewest that tell them from their neighbours. */
const doubleText = (name: string): string => {
  const text = `CAST(${name} AS VARCHAR)`;
  const small = `CAST(TRY_CAST(${text} AS DECIMAL(38,20)) AS VARCHAR)`;
  return `CASE WHEN NOT isfinite(${name}) THEN ${text}
    WHEN ${name} = trunc(${name}) AND abs(${name}) < 1e37 THEN CAST(CAST(${name} AS HUGEINT) AS VARCHAR)
    WHEN contains(${text}, 'e') THEN coalesce(${bare(small)}, ${text})
    ELSE ${bare(text)} END`;
};

/** A side on which these columns have the form in which they are compared. */
export function inOneForm(relation: string, alike: readonly AlikeColumn[], side: 'from' | 'to'): string {
  if (alike.length === 0) return relation;
  const values = alike.map((column) => `${column[side]} AS ${identifier(column.name)}`);
  return `(SELECT * REPLACE (${values.join(', ')}) FROM ${relation})`;
}
