import type { Engine } from '../engine/engine.ts';
import { literal } from '../engine/quote.ts';

/**
 * The columns of a Parquet file as it names them itself: the engine would number those that are there twice, and those that
 * differ in case only. Its schema is a list in which what belongs to a column follows it.
 */
export async function parquetNames(engine: Engine, path: string): Promise<readonly string[]> {
  const [, ...elements] = await engine.rows(
    `SELECT name, coalesce(num_children, 0)::INTEGER AS children FROM parquet_schema(${literal(path)})`,
  );
  const names: string[] = [];
  let inside = 0;
  for (const { name, children } of elements) {
    if (inside === 0) names.push(String(name));
    else inside--;
    inside += Number(children);
  }
  return names;
}
