import { columnTypeOf } from '@trestle/tables';
import { identifier } from '@trestle/tables/sql';
import type { Expectation } from '../config/suite.ts';
import { type CheckedTable, checkColumn, comparedWith, foundBy } from './checked-table.ts';
import { isFloat, mismatch } from './comparable.ts';
import { failsWhen, rowOf, safeExpression } from './fails-when.ts';

/**
 * What one expectation adds to the scan that all of a suite share, and what its value means.
 * - `rows`: the value counts rows that fail;
 * - `repeats`: more than 0 when something is there twice; which rows, only another scan tells;
 * - `observed`: a number with bounds;
 * - `truth`: true or false;
 * - `counted`: rows that fail, counted already;
 * - `known`: decided without a scan;
 * - `apart`: needs a scan of its own.
 */
export type ScanTerm =
  | { readonly kind: 'rows' | 'repeats' | 'truth'; readonly sql: string }
  | {
      readonly kind: 'observed';
      readonly sql: string;
      /** What it computes is near the number, and not the number itself. */
      readonly isEstimate?: boolean;
      readonly min?: number | undefined;
      readonly max?: number | undefined;
    }
  | { readonly kind: 'known'; readonly passed: boolean; readonly observed?: number }
  | { readonly kind: 'counted'; readonly failures: number }
  | { readonly kind: 'apart' };

/** @throws TRS_DATA_UNKNOWN_COLUMN, TRS_DATA_EXPRESSION, TRS_DATA_SUITE_COMPARES */
export function scanTerm(table: CheckedTable, expectation: Expectation): ScanTerm {
  const { rows, columns } = table;
  switch (expectation.type) {
    case 'table.rowCount': {
      const { min = 0, max = Number.POSITIVE_INFINITY } = expectation;
      return { kind: 'known', passed: rows >= min && rows <= max, observed: rows };
    }
    case 'table.rowCountLike': {
      const before = comparedWith(table, expectation.dataset).rows;
      const isLike = Math.abs(rows - before) <= expectation.within * before;
      return { kind: 'known', passed: isLike, observed: before === 0 ? 0 : rows / before };
    }
    case 'table.columns': {
      const names = new Set(columns.map((column) => column.name));
      return { kind: 'known', passed: expectation.names.every((name) => names.has(name)) };
    }
    case 'column.type': {
      const column = columns.find((one) => one.name === expectation.column);
      return {
        kind: 'known',
        passed: column !== undefined && columnTypeOf(column.duckType) === expectation.is,
      };
    }
    case 'table.sql':
      return { kind: 'truth', sql: `(${safeExpression(expectation.expression)})` };
    case 'table.unique':
      for (const name of expectation.columns) checkColumn(columns, name);
      return { kind: 'repeats', sql: `count(*) - count(DISTINCT ${rowOf(expectation.columns)})` };
    case 'column.unique': {
      checkColumn(columns, expectation.column);
      const column = identifier(expectation.column);
      return { kind: 'repeats', sql: `count(${column}) - count(DISTINCT ${column})` };
    }
    case 'column.aggregate': {
      const { of, min, max } = expectation;
      if (mismatch(table, expectation) !== undefined) return { kind: 'known', passed: false };
      const name = identifier(expectation.column);
      const column = isFloat(columns, expectation.column) ? name : `CAST(${name} AS DOUBLE)`;
      const sql =
        of === 'distinct' || of === 'nullShare' ? AGGREGATES[of](name) : AGGREGATES[of](column, rows);
      return { kind: 'observed', sql, min, max, isEstimate: of === 'median' && rows > MEDIAN_ROWS };
    }
    case 'row.function':
      return { kind: 'counted', failures: foundBy(table, expectation).rows };
    case 'column.drift':
    case 'column.references':
      return { kind: 'apart' };
    default:
      return { kind: 'rows', sql: `count(*) FILTER (WHERE ${failsWhen(table, expectation)})` };
  }
}

type Aggregate = Extract<Expectation, { readonly type: 'column.aggregate' }>['of'];

/** Values that are not finite have no mean; the engine would fail on them. */
const finite = (column: string): string => `FILTER (isfinite(${column}))`;
/** The engine has NaN above every number. */
const numbers = (column: string): string => `FILTER (NOT isnan(${column}))`;
/** Of more, a median that holds all of them would take more memory than there is. */
const MEDIAN_ROWS = 5_000_000;

/** Of a column of DOUBLE. */
const AGGREGATES: Readonly<Record<Aggregate, (column: string, rows?: number) => string>> = {
  mean: (column) => `avg(${column}) ${finite(column)}`,
  median: (column, rows = 0) =>
    `${rows > MEDIAN_ROWS ? `approx_quantile(${column}, 0.5)` : `median(${column})`} ${finite(column)}`,
  min: (column) => `min(${column}) ${numbers(column)}`,
  max: (column) => `max(${column}) ${numbers(column)}`,
  sum: (column) => `sum(${column}) ${finite(column)}`,
  std: (column) => `stddev_samp(${column}) ${finite(column)}`,
  distinct: (column) => `count(DISTINCT ${column})`,
  nullShare: (column) => `(count(*) - count(${column})) / greatest(count(*), 1)`,
};
