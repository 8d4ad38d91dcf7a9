import type { Engine } from '../engine/engine.ts';
import { literal } from '../engine/quote.ts';
import { checkNames } from './spool-rows.ts';

/**
 * The first row as it stands: DuckDB would rename what is there twice, and name what has no name.
 *
 * @throws TRS_DATA_HEADER
 */
export async function checkHeader(
  engine: Engine,
  path: string,
  shown: string,
  given: string | undefined,
): Promise<readonly string[]> {
  const known = given === undefined ? '' : `, delim = ${literal(given)}`;
  const [dialect] = await engine.rows(
    `SELECT Delimiter AS delim, Quote AS quote FROM sniff_csv(${literal(path)}, sample_size = 20480${known})`,
  );
  const delimiter = given ?? String(dialect?.delim ?? ',');
  const quote = String(dialect?.quote ?? '"').slice(0, 1) || '"';
  const [header] = await engine.rows(
    `SELECT * FROM read_csv(${literal(path)}, header = false, all_varchar = true, delim = ${literal(delimiter)}, quote = ${literal(quote)}, null_padding = true, strict_mode = false, ignore_errors = true, max_line_size = 16777216) LIMIT 1`,
  );
  const names = Object.values(header ?? {}).map((name) => (name === null ? '' : String(name)));
  checkNames(names, shown);
  return names;
}
