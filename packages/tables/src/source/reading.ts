import type { ColumnType } from '@trestle/statistics';
import type { SourceOptions } from './source-options.ts';
import { typeOverrides } from './type-overrides.ts';
import type { NamesMode } from './types/column-names.ts';
import type { Numerals } from './types/numerals.ts';

/** How a text is to be read, where that is not to be found out. */
export interface Reading {
  readonly delimiter?: string | undefined;
  /** Empty when nothing is quoted. */
  readonly quote?: string | undefined;
  /** The first line of a delimited text names the columns; it does when this is left out. */
  readonly hasHeader?: boolean | undefined;
  readonly dateFormat?: string | undefined;
  readonly numerals?: Numerals | undefined;
  /** Words that stand for a missing value in a column. */
  readonly nulls?: ((column: string) => readonly string[]) | undefined;
  /** Those that a person named a column with, which has to be there: `age=NA`. */
  readonly columnNulls?: readonly string[] | undefined;
  readonly names?: NamesMode | undefined;
  readonly types?: ReadonlyMap<string, ColumnType>;
  /** Types of a long text may be taken from its first rows; who reads it reads it anew without this when that fails. */
  readonly fromSample?: boolean;
  /** Rows that have not the shape of one are left out; whoever reads on tells of them (`checkRejects`). */
  readonly skipsBadRows?: boolean;
}

/** How a user said that a source is to be read. @throws TRS_DATA_TYPE */
export function readingOf(options: Omit<SourceOptions, 'path'>): Reading {
  const { delimiter, quote, dateFormat, header, decimal, thousands, currency, percent, names } = options;
  return {
    delimiter,
    quote: quote === 'none' ? '' : quote,
    dateFormat,
    hasHeader: header !== 'no',
    numerals: { decimal, thousands, currency, percent },
    nulls: nullWords(options.nulls),
    columnNulls: options.nulls?.filter((word) => word.includes('=')),
    names,
    types: typeOverrides(options.type),
  };
}

/** `NA` stands for a missing value in every column, `age=NA` in one. */
function nullWords(given: readonly string[] = []): (column: string) => readonly string[] {
  const everywhere = given.filter((word) => !word.includes('='));
  const own = given.filter((word) => word.includes('='));
  return (column) => [
    ...everywhere,
    ...own.flatMap((word) => (word.startsWith(`${column}=`) ? [word.slice(column.length + 1)] : [])),
  ];
}
