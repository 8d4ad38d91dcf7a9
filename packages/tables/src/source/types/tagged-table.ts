import { identifier, literal } from '../../engine/quote.ts';
import type { LocalSource } from '../local-source.ts';
import type { Reading } from '../reading.ts';
import { columnNames } from './column-names.ts';
import { folderTexts, type RawTable } from './raw-table.ts';

const MIN_OBJECT_BYTES = 2 ** 24;

/** The column of a spool that says where a row comes from. */
export const PLACE = '#';

/** Rows that were written down as texts with their kinds, as a table. @throws TRS_DATA_HEADER */
export function taggedTable(
  source: LocalSource,
  texts: readonly string[],
  { names: mode, nulls = () => [] }: Reading,
): { readonly table: RawTable; readonly notes: readonly string[] } {
  const { names, notes } = columnNames(texts, source.shown, mode);
  const columns = [PLACE, ...names.map((_, index) => String(index))].map(
    (key) => `${literal(key)}: ${key === PLACE ? "'BIGINT'" : "'VARCHAR'"}`,
  );
  // A value may be a whole text; a character may take four bytes.
  const most = Math.max(MIN_OBJECT_BYTES, 4 * (source.longestLine ?? 0));
  const relation = `read_json(${literal(source.path)}, format = 'newline_delimited', hive_partitioning = false, maximum_object_size = ${most}, columns = {${columns.join(', ')}})`;
  return {
    table: {
      source,
      relation,
      beginning: relation,
      columns: [
        ...names.map((name, index) => ({
          name,
          column: identifier(String(index)),
          isTagged: true,
          nulls: nulls(name),
        })),
        ...folderTexts(source, names, nulls),
      ],
    },
    notes,
  };
}
