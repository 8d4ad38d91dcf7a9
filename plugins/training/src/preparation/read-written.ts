import type { DeclaredFeature, Table, TableColumn } from '@trestle/features';
import { isWrittenTime, readWritten, type Written, writtenWay } from '@trestle/model';

/** Kinds of features that take a column for what its texts say, and not for the texts. */
const OF_NUMBERS = new Set(['date', 'scale', 'impute', 'buckets']);

/**
 * A table in which columns of texts that are all times, amounts of money or percentages are the numbers that they say, and how each of
 * them is written.
 *
 * @param names the columns that may become features
 */
export function withWritten(
  table: Table,
  names: readonly string[],
  declared: readonly DeclaredFeature[],
): { readonly table: Table; readonly written: ReadonlyMap<string, Written> } {
  const asTexts = new Set(
    declared.flatMap(({ kind, sources }) => (OF_NUMBERS.has(kind) ? [] : [...sources])),
  );
  const written = new Map<string, Written>();
  const columns: Record<string, TableColumn> = { ...table.columns };
  for (const name of names) {
    const column = columns[name];
    if (column?.type !== 'string' || asTexts.has(name)) continue;
    const way = writtenWay(present(column.values));
    if (way === undefined) continue;
    written.set(name, way);
    columns[name] = {
      type: isWrittenTime(way) ? 'timestamp' : 'number',
      values: Float64Array.from(column.values, (text) => readWritten(way, text) ?? Number.NaN),
    };
  }
  return { table: { ...table, columns }, written };
}

function* present(texts: readonly string[]): Generator<string> {
  for (const text of texts) if (text.trim() !== '') yield text;
}
