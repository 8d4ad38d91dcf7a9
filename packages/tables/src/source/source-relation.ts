import type { ColumnType } from '@trestle/statistics';
import { STORED_TYPES } from '../engine/column-types.ts';
import type { Engine } from '../engine/engine.ts';
import { literal } from '../engine/quote.ts';
import { delimitedRelation } from './delimited-relation.ts';
import type { LocalSource } from './local-source.ts';
import type { Reading } from './reading.ts';

const MIN_OBJECT_BYTES = 2 ** 24;
const MAX_OBJECT_BYTES = 2 ** 27;

/** A file as something to select from. */
export async function sourceRelation(
  engine: Engine,
  source: LocalSource,
  reading: Reading = {},
): Promise<string> {
  const file = literal(source.path);
  switch (source.format) {
    case 'csv':
    case 'tsv':
      return await delimitedRelation(engine, source, reading);
    case 'json':
      return `read_json(${file}, sample_size = -1, maximum_depth = 8)`;
    case 'jsonl': {
      const typed = source.columns && new Map(source.columns.map(({ name, type }) => [name, type]));
      const columns = typed ? `columns = ${structOf(typed)}` : 'sample_size = -1, maximum_depth = 8';
      // A value may be a whole text or image; a character may take four bytes. What is not known costs each thread twice this.
      const most = Math.max(MIN_OBJECT_BYTES, 4 * (source.longestLine ?? MAX_OBJECT_BYTES / 4));
      return `read_json(${file}, format = 'newline_delimited', maximum_object_size = ${most}, ${columns})`;
    }
    case 'parquet':
      return `read_parquet(${file})`;
  }
}

const structOf = (types: ReadonlyMap<string, ColumnType>): string =>
  `{${[...types].map(([name, type]) => `${literal(name)}: ${literal(STORED_TYPES[type])}`).join(', ')}}`;

/** The columns of a relation with their DuckDB types. */
export async function describeRelation(
  engine: Engine,
  relation: string,
): Promise<readonly { name: string; duckType: string }[]> {
  const rows = await engine.rows(`DESCRIBE SELECT * FROM ${relation}`);
  return rows.map((row) => ({ name: String(row.column_name), duckType: String(row.column_type) }));
}
