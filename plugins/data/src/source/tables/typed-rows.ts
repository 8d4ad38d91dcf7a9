import type { ColumnType } from '@trestle/contracts';

/** Rows that know their types: the engine need not guess. Times are dates, or texts that the engine reads. */
export interface TypedRows {
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  readonly rows: AsyncIterable<readonly unknown[]>;
}
