import { isNumeric } from '@trestle/statistics';
import { type Engine, SAMPLE, type TypedColumn } from '@trestle/tables';
import { identifier } from '@trestle/tables/sql';
import type { Profile } from './profile-schema.ts';

const BUCKETS = 40;
/** From this score on a column is suspected of knowing the answer. */
const SUSPECT = 0.9;
/** More classes than this are no classes. */
const MOST_CLASSES = 50;

/**
 * Columns that alone nearly tell the target: what each bucket of a column says of half of the sample is held against the
 * other half, so that a column of ids, which knows every row it has seen and no other, is not one of them.
 */
export async function leaksOf(
  engine: Engine,
  columns: readonly TypedColumn[],
  target: TypedColumn,
): Promise<NonNullable<Profile['leaks']>> {
  const y = identifier(target.name);
  const [classes] = await engine.rows(`SELECT count(DISTINCT ${y}) AS n FROM ${SAMPLE}`);
  const isRegression = isNumeric(target.type) && Number(classes?.n) > MOST_CLASSES;
  const found: { column: string; score: number }[] = [];
  for (const column of columns) {
    if (column.name === target.name) continue;
    const x = identifier(column.name);
    const bucket =
      isNumeric(column.type) || column.type === 'timestamp'
        ? // By rank, so that equal values share a bucket.
          `CASE WHEN ${x} IS NULL THEN -1 ELSE (rank() OVER (ORDER BY ${x}) - 1) * ${BUCKETS} // count(*) OVER () END`
        : `coalesce(CAST(${x} AS VARCHAR), '')`;
    const halves = `SELECT ${bucket} AS b, ${y} AS y, row_number() OVER () % 2 AS half FROM ${SAMPLE} WHERE ${y} IS NOT NULL`;
    const [row] = await engine.rows(
      isRegression
        ? `WITH s AS MATERIALIZED (${halves}), m AS (SELECT b, avg(y) AS guess FROM s WHERE half = 0 GROUP BY b)
           SELECT 1 - avg((s.y - coalesce(m.guess, o.mean)) ** 2) / nullif(avg((s.y - o.mean) ** 2), 0) AS score
           FROM s LEFT JOIN m USING (b), (SELECT avg(y) AS mean FROM s WHERE half = 0) o WHERE half = 1`
        : `WITH s AS MATERIALIZED (${halves}), m AS (SELECT b, mode(y) AS guess FROM s WHERE half = 0 GROUP BY b)
           SELECT (avg(CAST(s.y = coalesce(m.guess, o.most) AS INTEGER)) - avg(CAST(s.y = o.most AS INTEGER)))
             / nullif(1 - avg(CAST(s.y = o.most AS INTEGER)), 0) AS score
           FROM s LEFT JOIN m USING (b), (SELECT mode(y) AS most FROM s WHERE half = 0) o WHERE half = 1`,
    );
    const score = Number(row?.score ?? 0);
    if (score >= SUSPECT) found.push({ column: column.name, score: Math.round(score * 1e4) / 1e4 });
  }
  return found.toSorted((a, b) => b.score - a.score);
}
