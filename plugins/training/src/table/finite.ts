import type { Table, TableColumn } from '@trestle/features';

/** The greatest number of float32, which models compute in. */
const LARGEST = 3.4028234663852886e38;

/**
 * A table in which the numbers of some columns that are infinite, or beyond what a model computes in, are missing, and what is to be
 * said of each such column.
 *
 * @param order how its rows are sorted, where they are
 */
export function withoutOdd(
  table: Table,
  names: readonly string[],
  order: string | undefined,
): { readonly table: Table; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const columns: Record<string, TableColumn> = { ...table.columns };
  for (const name of names) {
    const column = columns[name];
    if (!column || column.type === 'string' || column.type === 'image') continue;
    const isOdd = (value: number): boolean => Math.abs(value) > LARGEST;
    const first = column.values.findIndex(isOdd);
    if (first === -1) continue;
    const count = column.values.reduce((sum, value) => sum + Number(isOdd(value)), 0);
    columns[name] = {
      type: column.type,
      values: column.values.map((value) => (isOdd(value) ? Number.NaN : value)),
    };
    notes.push(
      `"${name}": ${count === 1 ? 'a value is' : `${count} values are`} infinite or beyond ±3.4e38 (${column.values[first]} in ${rowAt(first, order)}) and taken as missing.`,
    );
  }
  return { table: { ...table, columns }, notes };
}

/** Where a row is, for a person: rows are counted from 0, as everywhere. */
export const rowAt = (row: number, order: string | undefined): string =>
  `row ${row}${order === undefined ? '' : ` in the order of "${order}"`}, counted from 0`;
