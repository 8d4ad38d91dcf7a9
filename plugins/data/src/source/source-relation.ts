import type { ColumnType } from '@trestle/contracts';
import { STORED_TYPES } from '../engine/column-types.ts';
import type { Engine } from '../engine/engine.ts';
import { literal } from '../engine/quote.ts';
import { checkHeader } from './check-header.ts';
import type { LocalSource } from './local-source.ts';
import { checkOverrides } from './type-overrides.ts';

/** How a text is to be read, where that is not to be found out. */
export interface Reading {
  readonly delimiter?: string | undefined;
  readonly dateFormat?: string | undefined;
  readonly types?: ReadonlyMap<string, ColumnType>;
}

/** A file as something to select from. For delimited text every row is looked at before the types are decided. */
export async function sourceRelation(
  engine: Engine,
  source: LocalSource,
  reading: Reading = {},
): Promise<string> {
  const file = literal(source.path);
  switch (source.format) {
    case 'csv':
    case 'tsv': {
      const delimiter = reading.delimiter ?? (source.format === 'tsv' ? '\t' : undefined);
      const names = await checkHeader(engine, source.path, source.shown, delimiter);
      const types = reading.types ?? new Map();
      checkOverrides(types, names, source.shown);
      const options = [
        'header = true',
        'sample_size = -1',
        'store_rejects = true',
        'rejects_limit = 1000',
        ...(delimiter === undefined ? [] : [`delim = ${literal(delimiter)}`]),
        ...(types.size === 0 ? [] : [`types = ${structOf(types)}`]),
        ...(reading.dateFormat === undefined
          ? []
          : [
              `dateformat = ${literal(reading.dateFormat)}`,
              `timestampformat = ${literal(reading.dateFormat)}`,
            ]),
      ];
      return `read_csv(${file}, ${options.join(', ')})`;
    }
    case 'json':
      return `read_json(${file}, sample_size = -1, maximum_depth = 8)`;
    case 'jsonl': {
      const typed = source.columns && new Map(source.columns.map(({ name, type }) => [name, type]));
      const columns = typed ? `columns = ${structOf(typed)}` : 'sample_size = -1, maximum_depth = 8';
      // A value may be a whole text or image.
      return `read_json(${file}, format = 'newline_delimited', maximum_object_size = 134217728, ${columns})`;
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
