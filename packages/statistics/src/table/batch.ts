/** A column of a batch. Missing numbers and timestamps are NaN; timestamps are milliseconds since 1970, UTC, with microseconds as their fraction from 1684 to 2255. */
export type BatchColumn =
  | { readonly type: 'number'; readonly values: Float64Array }
  | { readonly type: 'timestamp'; readonly values: Float64Array }
  | { readonly type: 'string'; readonly values: readonly (string | null)[] }
  | { readonly type: 'boolean'; readonly values: readonly (boolean | null)[] };

/** Some rows of a table, column by column. All columns have `rows` values. */
export interface Batch {
  readonly rows: number;
  readonly columns: Readonly<Record<string, BatchColumn>>;
}
