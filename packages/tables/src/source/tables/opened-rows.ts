import type { TypedColumn } from '../../engine/batches.ts';

/** A column of rows that know their types. */
export interface KnownColumn extends TypedColumn {
  /** Its values are written with all of their digits, which say how the column is kept. */
  readonly isDigits?: boolean;
  /** Places of such a column, where its source says them: it may have no value that shows them. */
  readonly places?: number | undefined;
}

interface Streamed {
  /** Values by their columns' places; null or undefined where one is missing. */
  readonly rows: AsyncIterable<readonly unknown[]> | Iterable<readonly unknown[]>;
  /** What a person is to know of how they were read; whole when the rows are at their end. */
  readonly notes?: Iterable<string>;
  /** Ends what they come from, also where nobody takes one of them: it would keep the process alive. */
  close?(): void | Promise<void>;
}

/** Rows that know their types: none is looked for. Times are dates, or texts that the engine reads; bytes become base64. */
export interface OpenedTable extends Streamed {
  readonly kind: 'table';
  readonly columns: readonly KnownColumn[];
}

/** Rows of which each value has a type of its own (string, number, bigint, boolean): what a column is is found out. */
export interface OpenedRows extends Streamed {
  readonly kind: 'rows';
  readonly names: readonly string[];
  /** How the source counts them; from 1 on when left out. */
  readonly places?: readonly number[];
}
