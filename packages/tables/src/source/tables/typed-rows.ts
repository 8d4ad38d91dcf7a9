import type { TypedColumn } from '../../engine/batches.ts';

/** Rows that know their types: the engine need not guess. Times are dates, or texts that the engine reads. */
export interface TypedRows {
  readonly columns: readonly TypedColumn[];
  readonly rows: AsyncIterable<readonly unknown[]>;
}
