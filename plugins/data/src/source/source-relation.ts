import { dataError } from '../data-error.ts';
import type { Engine } from '../engine/engine.ts';
import { identifier, literal } from '../engine/quote.ts';
import type { FileFormat } from './file-format.ts';

/** Bad rows that an error shows. */
const SHOWN_ROWS = 10;

/** A file as something to select from. For delimited text every row is looked at before the types are decided. */
export async function sourceRelation(
  engine: Engine,
  path: string,
  shown: string,
  format: FileFormat,
): Promise<string> {
  const file = literal(path);
  switch (format) {
    case 'csv':
    case 'tsv': {
      await checkHeader(engine, path, shown, format);
      const delimiter = format === 'tsv' ? ", delim = '\t'" : '';
      return `read_csv(${file}, header = true, sample_size = -1, store_rejects = true, rejects_limit = 1000${delimiter})`;
    }
    case 'json':
      return `read_json(${file}, sample_size = -1, maximum_depth = 8)`;
    case 'jsonl':
      return `read_json(${file}, format = 'newline_delimited', sample_size = -1, maximum_depth = 8)`;
    case 'parquet':
      return `read_parquet(${file})`;
  }
}

/** The first row as it stands: DuckDB would rename what is there twice, and name what has no name. */
async function checkHeader(engine: Engine, path: string, shown: string, format: FileFormat): Promise<void> {
  const [dialect] = await engine.rows(
    `SELECT Delimiter AS delim, Quote AS quote FROM sniff_csv(${literal(path)}, sample_size = 20480${format === 'tsv' ? ", delim = '\t'" : ''})`,
  );
  const delimiter = String(dialect?.delim ?? ',');
  const quote = String(dialect?.quote ?? '"').slice(0, 1) || '"';
  const [header] = await engine.rows(
    `SELECT * FROM read_csv(${literal(path)}, header = false, all_varchar = true, delim = ${literal(delimiter)}, quote = ${literal(quote)}, null_padding = true, strict_mode = false, ignore_errors = true, max_line_size = 16777216) LIMIT 1`,
  );
  const names = Object.values(header ?? {}).map((name) => (name === null ? '' : String(name)));
  const empty = names.indexOf('');
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (empty !== -1 || repeated !== undefined) {
    throw dataError('HEADER', {
      kind: 'invalid',
      message:
        repeated === undefined
          ? `"${shown}": column ${empty + 1} has no name.`
          : `"${shown}": two columns are named "${repeated}".`,
      hint: 'The first line must name every column, each name once.',
      details: { columns: names },
    });
  }
}

/** Rows that could not be read, after a relation was read to its end. @throws TRS_DATA_BAD_ROWS showing them */
export async function checkRejects(engine: Engine, shown: string): Promise<void> {
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

/** The columns of a relation with their DuckDB types. */
export async function describeRelation(
  engine: Engine,
  relation: string,
): Promise<readonly { name: string; duckType: string }[]> {
  const rows = await engine.rows(`DESCRIBE SELECT * FROM ${relation}`);
  return rows.map((row) => ({ name: String(row.column_name), duckType: String(row.column_type) }));
}

export const columnList = (names: readonly string[]): string => names.map(identifier).join(', ');
