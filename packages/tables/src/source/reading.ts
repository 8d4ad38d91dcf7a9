import type { ColumnType } from '@trestle/statistics';
import type { SourceOptions } from './source-options.ts';
import { typeOverrides } from './type-overrides.ts';

/** How a text is to be read, where that is not to be found out. */
export interface Reading {
  readonly delimiter?: string | undefined;
  /** Empty when nothing is quoted. */
  readonly quote?: string | undefined;
  readonly dateFormat?: string | undefined;
  readonly types?: ReadonlyMap<string, ColumnType>;
  /** Types of a long text may be taken from its first rows; who reads it reads it anew without this when that fails. */
  readonly fromSample?: boolean;
}

/** How a user said that a source is to be read. @throws TRS_DATA_TYPE */
export const readingOf = ({ delimiter, quote, dateFormat, type }: Omit<SourceOptions, 'path'>): Reading => ({
  delimiter,
  quote: quote === 'none' ? '' : quote,
  dateFormat,
  types: typeOverrides(type),
});
