import type { TypedColumn } from '../../engine/batches.ts';

/** A column of rows that know their types. */
export interface KnownColumn extends TypedColumn {
  /** Its values are written with all of their digits, which say how the column is kept. */
  readonly isDigits?: boolean;
  /** Places of such a column, where its source says them: it may have no value that shows them. */
  readonly places?: number | undefined;
}

/** Rows that know their types: the engine need not guess. Times are dates, or texts that the engine reads. */
export interface TypedRows {
  readonly columns: readonly KnownColumn[];
  readonly rows: AsyncIterable<readonly unknown[]>;
  /** What a person is to know of how they were read; whole when the rows are at their end. */
  readonly notes?: ReadonlySet<string>;
  /** Ends what they come from, also where nobody takes one of them: it would keep the process alive. */
  close?(): Promise<void>;
}
