import type { TypedColumn } from '../../engine/batches.ts';
import { identifier, literal } from '../../engine/quote.ts';
import { isPlain } from './numerals.ts';
import { type ColumnReading, named, readText, type Said } from './prove-types.ts';
import { isOfKind, type RawTable, textOf, valueTextOf } from './raw-table.ts';

/** What a check that fails says. */
export const NOT_PROVED = 'a value is not as those before it';

/**
 * A table with the types that were proved, as something to select from.
 *
 * @param isChecked only some rows were looked at: it fails at the first value of another spelling
 */
export function typedRelation(
  table: RawTable,
  readings: readonly ColumnReading[],
  said: Said,
  isChecked: boolean,
): string {
  const byName = new Map(readings.map((one) => [one.name, one]));
  const natives = isChecked ? new Map<string, string>() : nativesOf(table, byName, said);
  // Values in a query of their own: the engine would make each twice, once for the check.
  const values: string[] = [];
  const list = table.columns.map((raw, index) => {
    const spelling = byName.get(raw.name)?.spelling;
    const name = identifier(raw.name);
    if (natives.has(raw.name)) return name;
    if (!spelling) return `${textOf(raw)} AS ${name}`;
    // A quoted nothing has no value of any type, and is not looked for where that is missing by itself.
    const text = readText(raw, spelling, said, textOf(raw));
    if (!isChecked) {
      const isMissing = spelling.type !== 'boolean';
      return `${spelling.value(isMissing ? text : readText(raw, spelling, said))} AS ${name}`;
    }
    const value = `"trestle value ${index}"`;
    values.push(`${spelling.value(text)} AS ${value}`);
    const kind = spelling.key.startsWith('given') ? undefined : isOfKind(raw, spelling.of);
    const fits = spelling.fits(text, value);
    return `CASE WHEN ${kind === undefined ? fits : `${kind} AND ${fits}`} THEN ${value} WHEN ${valueTextOf(raw)} IS NULL THEN NULL ELSE error(${literal(NOT_PROVED)}) END AS ${name}`;
  });
  const relation = natives.size > 0 && table.reading ? table.reading(natives) : table.relation;
  return `(SELECT ${list.join(', ')} FROM ${named(relation, values)})`;
}

/** Of a text with more columns the engine holds texts and values no more at once. */
const MOST_TEXT_COLUMNS = 2_000;

/** Columns of a very wide text that are not read as texts first, by the types that the engine's reader gives them. */
function nativesOf(
  { columns, reading }: RawTable,
  readings: ReadonlyMap<string, ColumnReading>,
  { numerals }: Said,
): ReadonlyMap<string, string> {
  if (!reading || columns.length <= MOST_TEXT_COLUMNS || !isPlain(numerals)) return new Map();
  return new Map(
    columns.flatMap(({ name, nulls }) => {
      const { spelling, hasEmpty = true } = readings.get(name) ?? {};
      return spelling?.native !== undefined && !hasEmpty && nulls.length === 0
        ? [[name, spelling.native] as const]
        : [];
    }),
  );
}

/** The columns of a version that were read so. */
export const typedColumns = (readings: readonly ColumnReading[]): readonly TypedColumn[] =>
  readings.map(({ name, spelling }) => ({
    name,
    type: spelling?.type ?? 'string',
    ...(spelling?.stored === undefined ? {} : { stored: spelling.stored }),
  }));
