import type { Engine } from '../engine/engine.ts';
import { literal } from '../engine/quote.ts';
import type { LocalSource } from './local-source.ts';
import { checkNames } from './spool-rows.ts';

/**
 * The names that a file itself has: the engine would number those that are there twice, and those that differ in case only
 * ("a", "A" become "a", "A_1").
 *
 * @throws TRS_DATA_HEADER
 */
export async function checkStoredNames(
  engine: Engine,
  { path, shown, format }: LocalSource,
  found: readonly string[],
): Promise<void> {
  if (format === 'parquet') checkNames(await parquetNames(engine, path), shown);
  if (format !== 'json' && format !== 'jsonl') return;
  checkNames(found, shown);
  const all = new Set(found.map((name) => name.toLowerCase()));
  const isNumbered = found.some(
    (name) => all.has(name.toLowerCase().replace(/_\d+$/, '')) && /_\d+$/.test(name),
  );
  if (!isNumbered) return;
  const rows = await engine.rows(
    `SELECT DISTINCT unnest(json_keys(json)) AS name FROM read_json_objects(${literal(path)}, format = 'auto')`,
  );
  checkNames(
    rows.map((row) => String(row.name)),
    shown,
  );
}

/** The columns of a Parquet file: its schema is a list in which what belongs to a column follows it. */
async function parquetNames(engine: Engine, path: string): Promise<readonly string[]> {
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
