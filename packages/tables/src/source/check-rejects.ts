import { dataError } from '../data-error.ts';
import type { Engine } from '../engine/engine.ts';

/** Bad rows that an error shows. */
const SHOWN_ROWS = 10;

/** Rows that could not be read, after a relation was read to its end. @throws TRS_DATA_BAD_ROWS showing them */
export async function checkRejects(engine: Engine, shown: string): Promise<void> {
  // Made by the first relation that keeps them; one whose types a sample told fails instead.
  const tables = await engine.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'");
  if (tables.length === 0) return;
  const [count] = await engine.rows('SELECT count(DISTINCT line) AS bad FROM reject_errors');
  const bad = Number(count?.bad ?? 0);
  if (bad === 0) return;
  const errors = await engine.rows(
    `SELECT line, any_value(column_name) AS field, any_value(error_message) AS reason, any_value(csv_line) AS content
     FROM reject_errors GROUP BY line ORDER BY line LIMIT ${SHOWN_ROWS}`,
  );
  const rows = errors.map(({ line, field, reason, content }) => ({
    line: Number(line),
    field: field === null ? undefined : String(field),
    reason: String(reason).split('\n')[0],
    content: String(content).slice(0, 200),
  }));
  const first = rows[0];
  throw dataError('BAD_ROWS', {
    kind: 'invalid',
    message: `"${shown}": ${bad} ${bad === 1 ? 'row does' : 'rows do'} not fit. Line ${first?.line}: ${first?.reason}`,
    hint: rows.map((row) => `line ${row.line}: ${row.content}`).join('\n  '),
    details: { badRows: bad, rows },
  });
}
