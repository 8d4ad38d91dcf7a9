import { dataError } from '../data-error.ts';
import type { Engine } from '../engine/engine.ts';
import { engineMessage } from '../engine/engine-message.ts';
import { literal } from '../engine/quote.ts';
import type { LocalSource } from './local-source.ts';
import { lineOf } from './scan-file.ts';

/** Bad rows that an error shows. */
const SHOWN_ROWS = 10;

/** Rows that have not the shape of one, after a relation was read to its end. @throws TRS_DATA_BAD_ROWS showing them */
export async function checkRejects(
  engine: Engine,
  { path, shown }: Pick<LocalSource, 'path' | 'shown'>,
): Promise<void> {
  // Made by the first relation that keeps them; one that is strict fails instead.
  const tables = await engine.rows("SELECT 1 FROM duckdb_tables() WHERE table_name = 'reject_errors'");
  if (tables.length === 0) return;
  const from = `reject_errors JOIN reject_scans USING (scan_id, file_id) WHERE file_path = ${literal(path)}`;
  const [count] = await engine.rows(`SELECT count(DISTINCT line) AS bad FROM ${from}`);
  const bad = Number(count?.bad ?? 0);
  if (bad === 0) return;
  const errors = await engine.rows(
    `SELECT line, min(line_byte_position) AS byte, any_value(column_name) AS field, any_value(error_type) AS kind, any_value(error_message) AS reason, any_value(csv_line) AS content
     FROM ${from} GROUP BY line ORDER BY line LIMIT ${SHOWN_ROWS}`,
  );
  const rows = [];
  for (const { byte, field, kind, reason, content } of errors)
    rows.push({
      // The engine counts rows, and a quoted field may hold several lines.
      line: await lineOf(path, Math.max(0, Number(byte) - 1)),
      field: field === null ? undefined : String(field),
      reason: inWords(String(kind), String(reason)),
      content: String(content).slice(0, 200),
    });
  const first = rows[0];
  throw dataError('BAD_ROWS', {
    kind: 'invalid',
    message: `"${shown}": ${bad} ${bad === 1 ? 'row does' : 'rows do'} not fit. Line ${first?.line}: ${first?.reason}.`,
    hint: [...before(rows), ...rows.map((row) => `line ${row.line}: ${row.content}`)].join('\n  '),
    details: { badRows: bad, rows },
  });
}

interface BadRow {
  readonly line: number;
  readonly reason: string;
}

/** What the engine says of a row, without a full stop. */
function inWords(kind: string, message: string): string {
  const [, wanted, found] = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message) ?? [];
  if (found !== undefined)
    return `it has ${found} ${found === '1' ? 'field' : 'fields'}, and the header ${wanted}`;
  switch (kind) {
    case 'UNQUOTED VALUE':
      return 'a quote is opened and not closed, or text stands behind the closing one';
    case 'LINE SIZE OVER MAXIMUM':
      return 'it is longer than a row may be';
    case 'INVALID ENCODING':
      return 'it is no UTF-8';
    default:
      return engineMessage(message).what;
  }
}

const FIRST_LINES = 20;

/** A header of one field, and rows that all have as many more: lines may stand in front of the table. */
function before(rows: readonly BadRow[]): readonly string[] {
  const [first] = rows;
  const isWider =
    first?.reason.endsWith('and the header 1') && rows.every((row) => row.reason === first.reason);
  return first && isWider && first.line <= FIRST_LINES
    ? [
        `If the table begins in line ${first.line}, take out what stands before it: tail -n +${first.line} FILE`,
      ]
    : [];
}
