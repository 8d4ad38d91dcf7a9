import { storedTypeOf } from '../engine/column-types.ts';
import type { Engine } from '../engine/engine.ts';
import { literal } from '../engine/quote.ts';
import type { LocalSource } from './local-source.ts';

const MIN_OBJECT_BYTES = 2 ** 24;
const MAX_OBJECT_BYTES = 2 ** 27;

/** A source that says itself of what types its columns are, as something to select from. */
export function sourceRelation({ path, format, columns, longestLine }: LocalSource): string {
  const file = literal(path);
  if (format === 'parquet') return `read_parquet(${file}, hive_partitioning = false)`;
  const struct = (columns ?? []).map(
    (one) => `${literal(one.name)}: ${literal(one.isDigits ? 'VARCHAR' : storedTypeOf(one))}`,
  );
  // A value may be a whole text or image; a character may take four bytes. What is not known costs each thread twice this.
  const most = Math.max(MIN_OBJECT_BYTES, 4 * (longestLine ?? MAX_OBJECT_BYTES / 4));
  return `read_json(${file}, format = 'newline_delimited', maximum_object_size = ${most}, hive_partitioning = false, columns = {${struct.join(', ')}})`;
}

/** The columns of a relation with their DuckDB types. */
export async function describeRelation(
  engine: Engine,
  relation: string,
): Promise<readonly { name: string; duckType: string }[]> {
  const rows = await engine.rows(`DESCRIBE SELECT * FROM ${relation}`);
  return rows.map((row) => ({ name: String(row.column_name), duckType: String(row.column_type) }));
}
