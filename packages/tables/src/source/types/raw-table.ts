import { literal } from '../../engine/quote.ts';
import type { LocalSource } from '../local-source.ts';
import type { ValueKind } from './spelling.ts';

/** A source as its texts: what nobody has given a type yet. */
export interface RawTable {
  readonly source: LocalSource;
  /** SQL: something to select from, in the order of the rows. */
  readonly relation: string;
  /** Another that reads only the beginning, and less ahead. */
  readonly beginning: string;
  readonly columns: readonly RawColumn[];
  /** SQL: the same with columns that the engine's reader makes values of by itself. */
  readonly reading?: ((natives: ReadonlyMap<string, string>) => string) | undefined;
}

export interface RawColumn {
  readonly name: string;
  /** SQL: the column of the relation. */
  readonly column: string;
  /** Each value begins with a letter that says its kind. A field of a delimited text has none. */
  readonly isTagged: boolean;
  /** Words that stand for a missing value here. */
  readonly nulls: readonly string[];
}

/** The columns that the names of a source's folders say, each of one value; a column of the file's own stands before one of its name. */
export const folderTexts = (
  { folders = new Map() }: LocalSource,
  own: readonly string[],
  nulls: (column: string) => readonly string[] = () => [],
): readonly RawColumn[] =>
  [...folders]
    .filter(([name]) => !own.includes(name))
    .map(([name, value]) => ({
      name,
      column: value === null ? 'NULL::VARCHAR' : literal(value),
      isTagged: false,
      nulls: nulls(name),
    }));

/** SQL: the text of a value as it came; NULL where it's missing. */
export function textOf({ column, isTagged, nulls }: RawColumn): string {
  const text = isTagged ? `substr(${column}, 2)` : column;
  return nulls.length === 0
    ? text
    : `CASE WHEN ${text} NOT IN (${nulls.map(literal).join(', ')}) THEN ${text} END`;
}

/** SQL: the text that a value of another type than string is read from: a quoted nothing is missing too. */
export const valueTextOf = (raw: RawColumn): string =>
  raw.isTagged ? textOf(raw) : `nullif(${textOf(raw)}, '')`;

/** SQL: whether the source says that a value is of a kind; a field may be of any. */
export const isOfKind = ({ column, isTagged }: RawColumn, kind: ValueKind): string | undefined =>
  isTagged ? `starts_with(${column}, '${kind}')` : undefined;
