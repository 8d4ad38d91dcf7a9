import type { ImageStatistics } from '@trestle/model';
import { unsuited } from './feature-kind.ts';

/** A table in memory, column by column. Missing numbers are NaN, missing strings ''. */
export interface Table {
  readonly rows: number;
  readonly columns: Readonly<Record<string, TableColumn>>;
}

export type TableColumn =
  | { readonly type: 'number' | 'timestamp' | 'boolean'; readonly values: Float64Array }
  | { readonly type: 'string'; readonly values: readonly string[] }
  | ImageColumn;

/** Images that were decoded and brought to one size: `perRow` pixels of each, one row behind the other. */
export interface ImageColumn {
  readonly type: 'image';
  readonly values: Float32Array;
  readonly perRow: number;
  /** As they came: what the model's graph is given. */
  readonly texts: readonly string[];
  /** What each looks like in numbers, by `imageStatistics`. */
  readonly statistics: readonly ImageStatistics[];
}

/** The column that a feature is made of. @throws TRS_TRAIN_FEATURE */
export function columnOf(table: Table, column: string, feature: string): TableColumn {
  const found = table.columns[column];
  if (found) return found;
  throw unsuited(feature, `there is no column "${column}"`);
}

/** The numbers of a column that are there, ascending. @throws TRS_TRAIN_FEATURE where it has none */
export function presentNumbers(table: Table, column: string, feature: string): Float64Array {
  const found = columnOf(table, column, feature);
  if (found.type === 'string' || found.type === 'image')
    throw unsuited(
      feature,
      `"${column}" holds ${found.type === 'image' ? 'images' : 'texts'}, and it is made of numbers or times`,
    );
  const present = found.values.filter((value) => !Number.isNaN(value)).sort();
  if (present.length === 0) throw unsuited(feature, `"${column}" has no values in the training part`);
  return present;
}

/** The strings of a column. @throws TRS_TRAIN_FEATURE */
export function stringsOf(table: Table, column: string, feature: string): readonly string[] {
  const found = columnOf(table, column, feature);
  if (found.type === 'string') return found.values;
  throw unsuited(feature, `"${column}" holds ${found.type}s, and it is made of texts`);
}
