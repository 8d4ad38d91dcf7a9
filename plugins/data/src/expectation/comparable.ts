import type { ColumnType } from '@trestle/contracts';
import { columnTypeOf, isNumeric } from '@trestle/tables';
import { literal } from '@trestle/tables/sql';
import type { Expectation } from '../config/suite.ts';
import { type CheckedTable, checkColumn, comparedWith } from './checked-table.ts';

type Value = number | string;

const NUMBER = /^[-+]?(\d+(\.\d*)?|\.\d+)(e[-+]?\d+)?$/i;
const MOMENT = /^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[-+]\d\d(:?\d\d)?)?)?$/;

/** The type of a column of the table. @throws TRS_DATA_UNKNOWN_COLUMN */
export function typeIn(columns: CheckedTable['columns'], name: string): ColumnType {
  checkColumn(columns, name);
  return columnTypeOf(columns.find((column) => column.name === name)?.duckType ?? '');
}

/** Only these hold NaN. */
export const isFloat = (columns: CheckedTable['columns'], name: string): boolean =>
  /^(DOUBLE|FLOAT)$/.test(columns.find((column) => column.name === name)?.duckType ?? '');

/** A value of a suite as SQL that is compared with a column of a type; undefined when they cannot be compared. */
export function comparable(type: ColumnType, value: Value): string | undefined {
  switch (type) {
    case 'integer':
    case 'number':
      // JSON has no whole numbers beyond 2^53: as a text they are exact.
      return typeof value === 'number' || NUMBER.test(value) ? String(value) : undefined;
    case 'boolean':
      return value === 'true' || value === 'false' ? value : undefined;
    case 'timestamp':
      return typeof value === 'string' && MOMENT.test(value) && !Number.isNaN(Date.parse(value))
        ? `CAST(${literal(value)} AS TIMESTAMP)`
        : undefined;
    case 'string':
      return typeof value === 'string' ? literal(value) : undefined;
  }
}

/** Why an expectation cannot be held against the type that its column has; undefined when it can. */
export function mismatch(table: CheckedTable, expectation: Expectation): string | undefined {
  switch (expectation.type) {
    case 'column.between': {
      const { column, min, max } = expectation;
      return unlike(
        table,
        column,
        'its bound',
        min === undefined ? [] : [min],
        max === undefined ? [] : [max],
      );
    }
    case 'column.inSet':
      return unlike(table, expectation.column, 'its set holds', expectation.values);
    case 'column.aggregate': {
      const { column, of } = expectation;
      const type = typeIn(table.columns, column);
      if (isNumeric(type) || of === 'distinct' || of === 'nullShare') return undefined;
      return `"${column}" is ${type}: there is no ${of} of it.`;
    }
    case 'column.references': {
      const { column, dataset, key } = expectation;
      const { columns } = comparedWith(table, dataset);
      checkColumn(columns, key);
      const type = typeIn(table.columns, column);
      const other = columns.find((one) => one.name === key)?.type ?? type;
      if (type === other || (isNumeric(type) && isNumeric(other))) return undefined;
      return `"${column}" is ${type}, and "${key}" of ${dataset} is ${other}: no value of one is one of the other.`;
    }
    default:
      return undefined;
  }
}

function unlike(
  { columns }: CheckedTable,
  column: string,
  what: string,
  ...values: readonly (readonly Value[])[]
): string | undefined {
  const type = typeIn(columns, column);
  const odd = values.flat().find((value) => comparable(type, value) === undefined);
  if (odd === undefined) return undefined;
  return `"${column}" is ${type}, and ${what} ${JSON.stringify(odd)} is no value of that type. ${REMEDIES[type]}`;
}

const REMEDIES: Readonly<Record<ColumnType, string>> = {
  integer: 'Write numbers without quotes.',
  number: 'Write numbers without quotes.',
  boolean: 'Write "true" or "false".',
  timestamp: 'Write a day or a time as "2026-11-30" or "2026-11-30T12:00:00Z".',
  string: 'Write texts in quotes; or give the column another type when it is added (--type COLUMN=number).',
};
