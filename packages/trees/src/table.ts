import { TreesError } from './trees-error.ts';

/** As many different categories as a column may have: they and one for missing values are the 256 values of a byte. */
export const MAX_CATEGORIES = 254;

/** Rows of numbers. */
export interface TreeTable {
  readonly rows: number;
  readonly width: number;
  /** [rows, width] in row-major order; NaN where a value is missing. What is learnt of float32 compares in float32. */
  readonly matrix: Float32Array | Float64Array;
  /** What the columns are called in errors; else by their places. */
  readonly names?: readonly string[];
  /**
   * One a column: 0 where it holds numbers, else how many categories there are, of which it holds the places from 0 on. They are
   * split into sets, whatever their order.
   */
  readonly categories?: readonly number[];
}

export const columnName = ({ names }: Pick<TreeTable, 'names'>, column: number): string =>
  names?.[column] ?? `column ${column}`;

/** @throws TRS_TREES_SHAPE, TRS_TREES_CATEGORIES */
export function checkTable(table: TreeTable): void {
  const { rows, width, matrix, names, categories } = table;
  if (!(Number.isInteger(rows) && Number.isInteger(width) && rows >= 1 && width >= 1)) {
    throw new TreesError(
      'SHAPE',
      `A table of ${rows} rows and ${width} columns is nothing to learn from.`,
      'Give at least one row and one column.',
      { rows, width },
    );
  }
  const lengths = [
    ['matrix', matrix.length, rows * width],
    ['names', names?.length ?? width, width],
    ['categories', categories?.length ?? width, width],
  ] as const;
  for (const [what, length, expected] of lengths) {
    if (length === expected) continue;
    throw new TreesError(
      'SHAPE',
      `"${what}" has ${length} entries; ${rows} rows of ${width} columns need ${expected}.`,
      'Give the matrix row by row, and names and categories one a column.',
      { what, length, expected },
    );
  }
  for (const [column, count] of (categories ?? []).entries()) {
    if (Number.isInteger(count) && count >= 0 && count <= MAX_CATEGORIES) continue;
    throw new TreesError(
      'CATEGORIES',
      `"${columnName(table, column)}" is said to have ${count} categories; from 0 (it holds numbers) to ${MAX_CATEGORIES} are possible.`,
      'Fold rare categories into one, or encode the column as numbers.',
      { column, count },
    );
  }
}

/** @throws TRS_TREES_SHAPE where a table is not as wide as what it is given to */
export function checkShape(
  { rows, width, matrix }: Pick<TreeTable, 'rows' | 'width' | 'matrix'>,
  expected: number,
): void {
  if (width === expected && matrix.length === rows * width) return;
  throw new TreesError(
    'SHAPE',
    `A matrix of ${matrix.length} numbers for ${rows} rows of ${width} columns was given; the trees were learnt of ${expected} columns.`,
    'Give rows with the columns of the training, in their order, one row behind the other.',
    { rows, width, expected },
  );
}

/** Copies a column out of the rows. @throws TRS_TREES_INFINITE, TRS_TREES_CATEGORIES naming the row */
export function readColumn(table: TreeTable, column: number, into: Float64Array): void {
  const { rows, width, matrix } = table;
  const count = table.categories?.[column] ?? 0;
  for (let row = 0, at = column; row < rows; row++, at += width) {
    const value = matrix[at] ?? 0;
    into[row] = value;
    if (value - value !== 0 && !Number.isNaN(value)) {
      throw new TreesError(
        'INFINITE',
        `Row ${row} of "${columnName(table, column)}" is ${value}.`,
        'Leave the row out, or make the value missing (NaN) or finite: no order of finite numbers says where it belongs.',
        { row, column },
      );
    }
    if (count > 0 && !Number.isNaN(value) && !(Number.isInteger(value) && value >= 0 && value < count)) {
      throw new TreesError(
        'CATEGORIES',
        `Row ${row} of "${columnName(table, column)}" is ${value}, which is no place of ${count} categories.`,
        `Give whole numbers from 0 to ${count - 1}, NaN where the category is missing.`,
        { row, column, value },
      );
    }
  }
}
