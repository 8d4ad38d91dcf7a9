import type { Engine } from '../engine/engine.ts';
import { literal } from '../engine/quote.ts';

export interface ParquetColumn {
  readonly name: string;
  /** Its times have nanoseconds, which the engine cuts off without a word. */
  readonly isInt96: boolean;
}

/**
 * The columns of a Parquet file as it names them itself: the engine would number those that are there twice, and those that
 * differ in case only. Its schema is a list in which what belongs to a column follows it.
 */
export async function parquetColumns(engine: Engine, path: string): Promise<readonly ParquetColumn[]> {
  const [, ...elements] = await engine.rows(
    `SELECT name, type, coalesce(num_children, 0)::INTEGER AS children FROM parquet_schema(${literal(path)})`,
  );
  const columns: ParquetColumn[] = [];
  let inside = 0;
  for (const { name, type, children } of elements) {
    if (inside === 0) columns.push({ name: String(name), isInt96: type === 'INT96' });
    else inside--;
    inside += Number(children);
  }
  return columns;
}
