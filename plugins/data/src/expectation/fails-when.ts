import { identifier, literal } from '@trestle/tables/sql';
import type { Expectation } from '../config/suite.ts';
import { dataError } from '../data-error.ts';
import { parquetRelation } from '../version/version-relation.ts';
import { type CheckedTable, checkColumn, comparedWith, foundBy } from './checked-table.ts';
import { comparable, isFloat, mismatch, typeIn } from './comparable.ts';

export const ROW = '"trestle row"';

/** The rows that do not hold, with their numbers. @throws TRS_DATA_UNKNOWN_COLUMN, TRS_DATA_EXPRESSION */
export function failingRows(table: CheckedTable, expectation: Expectation): string {
  const numbered = `(SELECT row_number() OVER () AS ${ROW}, * FROM ${table.relation})`;
  return `SELECT * FROM ${numbered} WHERE ${failsWhen(table, expectation)}`;
}

/** When a row does not hold, as a condition; `false` for what is expected of the table as a whole. */
export function failsWhen(table: CheckedTable, expectation: Expectation): string {
  if (expectation.type === 'row.sql') return `(${safeExpression(expectation.expression)}) IS NOT TRUE`;
  if (expectation.type === 'row.function')
    return `${ROW} IN (SELECT row FROM ${parquetRelation([foundBy(table, expectation).path])})`;
  if (expectation.type === 'table.unique') return repeats(table, expectation.columns);
  if (!('column' in expectation)) return 'false';
  const type = typeIn(table.columns, expectation.column);
  const column = identifier(expectation.column);
  // Missing values are judged by what is expected of missing values alone.
  if (mismatch(table, expectation) !== undefined) return `${column} IS NOT NULL`;
  const value = (one: number | string): string => comparable(type, one) ?? 'NULL';
  switch (expectation.type) {
    case 'column.notNull':
      return `${column} IS NULL`;
    case 'column.between': {
      const below = expectation.min === undefined ? 'false' : `${column} < ${value(expectation.min)}`;
      const above = expectation.max === undefined ? 'false' : `${column} > ${value(expectation.max)}`;
      // The engine has NaN above everything; it is between nothing.
      const none = isFloat(table.columns, expectation.column) ? `isnan(${column})` : 'false';
      return `(${below} OR ${above} OR ${none})`;
    }
    case 'column.inSet':
      return `${column} IS NOT NULL AND ${column} NOT IN (${expectation.values.map(value).join(', ')})`;
    case 'column.matches':
      return `${column} IS NOT NULL AND NOT regexp_full_match(CAST(${column} AS VARCHAR), ${literal(expectation.pattern)})`;
    case 'column.unique':
      return `${column} IN (SELECT ${column} FROM ${table.relation} WHERE ${column} IS NOT NULL GROUP BY ${column} HAVING count(*) > 1)`;
    case 'column.references': {
      const key = identifier(expectation.key);
      const { relation } = comparedWith(table, expectation.dataset);
      return `${column} IS NOT NULL AND ${column} NOT IN (SELECT ${key} FROM ${relation} WHERE ${key} IS NOT NULL)`;
    }
    default:
      return 'false';
  }
}

/** Rows whose values in some columns are those of another row; missing values are like each other. */
function repeats({ relation, columns }: CheckedTable, names: readonly string[]): string {
  for (const name of names) checkColumn(columns, name);
  const together = `CAST(${rowOf(names)} AS VARCHAR)`;
  return `${together} IN (SELECT ${together} FROM ${relation} GROUP BY 1 HAVING count(*) > 1)`;
}

export const rowOf = (names: readonly string[]): string => `row(${names.map(identifier).join(', ')})`;

/** One expression: nothing that could end it, or read anything else. The engine is locked down besides. */
export function safeExpression(expression: string): string {
  const forbidden = /;|--|\/\*|\b(select|from|pragma|attach|copy|install|load|set)\b/i.exec(
    expression.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, ''),
  );
  if (!forbidden) return expression;
  throw dataError('EXPRESSION', {
    kind: 'invalid',
    message: `An expression of a suite may not hold "${forbidden[0]}".`,
    hint: 'Write one expression over the columns, for example "start" < "end".',
  });
}
