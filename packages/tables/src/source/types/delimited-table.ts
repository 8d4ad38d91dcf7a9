import type { Engine } from '../../engine/engine.ts';
import { identifier, literal } from '../../engine/quote.ts';
import { firstRecord } from '../first-record.ts';
import type { LocalSource } from '../local-source.ts';
import type { Reading } from '../reading.ts';
import { dialectOf } from '../written-dialect.ts';
import { columnNames } from './column-names.ts';
import { otherDelimiterNote } from './other-delimiter.ts';
import { folderTexts, type RawTable } from './raw-table.ts';
import type { RecordShape } from './record-lines.ts';
import { SAMPLE_BUFFER } from './sample.ts';

/** A header of numbers alone is a row. */
const isNumber = (name: string): boolean => /^-?\d+([.,]\d+)?$/.test(name.trim());

/**
 * A delimited text as a table of its fields.
 *
 * @param isStrict it fails at the first row that has not the shape of one, which is faster than to keep them for `checkRejects`
 * @throws TRS_DATA_HEADER
 */
export async function delimitedTable(
  engine: Engine,
  source: LocalSource,
  reading: Reading,
  isStrict: boolean,
): Promise<{ readonly table: RawTable; readonly notes: readonly string[]; readonly shape: RecordShape }> {
  const { path, shown, format } = source;
  const hasHeader = reading.hasHeader ?? true;
  const delimiter = reading.delimiter ?? (format === 'tsv' ? '\t' : undefined);
  const { newLine, mayBeQuoted, ...dialect } = await dialectOf(engine, path, shown, {
    delimiter,
    quote: reading.quote,
  });
  const first = await firstRecord(path, dialect);
  const given = hasHeader ? first : first.map((_, index) => `column${index + 1}`);
  const { names, notes } = columnNames(given, shown, reading.names);
  const looksLikeRow = hasHeader && first.length > 0 && first.every(isNumber);
  const shape = [
    'auto_detect = false',
    `header = ${hasHeader}`,
    'skip = 0',
    // Names of folders become columns of ours, not of whoever lays the file somewhere.
    'hive_partitioning = false',
    `delim = ${literal(dialect.delimiter)}`,
    `quote = ${literal(dialect.quote)}`,
    // A doubled quote is one, as RFC 4180 has it.
    `escape = ${literal(dialect.quote)}`,
    // Nothing between two delimiters is a missing value, a quoted nothing an empty text.
    'allow_quoted_nulls = false',
    ...(newLine === undefined ? [] : [`new_line = ${literal(newLine)}`]),
  ];
  const read = (more: readonly string[], natives?: ReadonlyMap<string, string>): string => {
    const columns = names.map((name) => `${literal(name)}: '${natives?.get(name) ?? 'VARCHAR'}'`);
    return `read_csv(${literal(path)}, ${[...more, ...shape, `columns = {${columns.join(', ')}}`].join(', ')})`;
  };
  const rejects = isStrict ? [] : ['store_rejects = true', 'rejects_limit = 1000'];
  const nulls = reading.nulls ?? (() => []);
  const other =
    first.length === 1 && delimiter === undefined ? await otherDelimiterNote(path, shown) : undefined;
  return {
    table: {
      source,
      relation: read(rejects),
      beginning: read([...rejects, SAMPLE_BUFFER]),
      // Each thread of the engine holds two thousand rows of all columns.
      reading: (natives) => read([...rejects, 'parallel = false'], natives),
      columns: [
        ...names.map((name) => ({
          name,
          column: identifier(name),
          isTagged: false,
          nulls: nulls(name),
        })),
        ...folderTexts(source, names, nulls),
      ],
    },
    notes: [
      ...notes,
      ...(other === undefined ? [] : [other]),
      ...(mayBeQuoted ? [`Values of "${shown}" that stand in ' keep them. If they quote: --quote "'"`] : []),
      ...(looksLikeRow
        ? [
            `The first line of "${shown}" holds numbers alone, and was taken for the columns' names: --header no takes it for a row.`,
          ]
        : []),
    ],
    shape: { quote: dialect.quote, columns: names.length, hasHeader },
  };
}
