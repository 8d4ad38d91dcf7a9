import type { Engine } from '../engine/engine.ts';
import { literal } from '../engine/quote.ts';
import { checkLineEnds } from './check-line-ends.ts';
import { type Dialect, firstRecord } from './first-record.ts';
import { SAMPLE_BUFFER } from './types/sample.ts';

/** How a delimited text is written. @throws TRS_DATA_LINE_ENDS */
export async function dialectOf(
  engine: Engine,
  path: string,
  shown: string,
  given: { readonly delimiter?: string | undefined; readonly quote?: string | undefined },
): Promise<WrittenDialect> {
  const quote = given.quote ?? '"';
  const widest = given.delimiter === undefined ? await widestHeader(path, quote) : undefined;
  let dialect: WrittenDialect;
  if (widest && widest.names.length >= MANY_FIELDS)
    dialect = { delimiter: widest.delimiter, quote, newLine: undefined };
  else {
    dialect = await sniffDialect(engine, path, given).catch(async (thrown: unknown) => {
      await checkLineEnds(path, shown, quote);
      throw thrown;
    });
    // Rows of different lengths make it believe in a delimiter that is nowhere.
    if (widest && (await firstRecord(path, dialect)).length === 1)
      dialect = { ...dialect, delimiter: widest.delimiter };
  }
  return dialect;
}

async function sniffDialect(
  engine: Engine,
  path: string,
  given: { readonly delimiter?: string | undefined; readonly quote?: string | undefined },
): Promise<WrittenDialect> {
  const known = given.delimiter === undefined ? '' : `, delim = ${literal(given.delimiter)}`;
  const [sniffed] = await engine.rows(
    `SELECT Delimiter AS delim, Quote AS quote, NewLineDelimiter AS line FROM sniff_csv(${literal(path)}, sample_size = 8192, all_varchar = true, ${SAMPLE_BUFFER}${known})`,
  );
  const newLine = String(sniffed?.line ?? '');
  return {
    delimiter: given.delimiter ?? String(sniffed?.delim ?? ','),
    // What it makes of a few values in ' may be a part of them; and a quote that never ends makes it believe that nothing is quoted.
    quote: given.quote ?? '"',
    mayBeQuoted: given.quote === undefined && sniffed?.quote === "'",
    newLine: /^(\\r\\n|\\n|\\r)$/.test(newLine) ? newLine : undefined,
  };
}

export interface WrittenDialect extends Dialect {
  /** As the engine names it; undefined where lines may end in any one way. */
  readonly newLine: string | undefined;
  /** Fields may be quoted with ', which nobody said. */
  readonly mayBeQuoted?: boolean;
}

const DELIMITERS = [',', '\t', ';', '|'];
/** With so many fields nothing else can be meant, and trying everything would take the engine a minute. */
const MANY_FIELDS = 500;

/** The header with the most fields that a usual delimiter gives. */
async function widestHeader(
  path: string,
  quote: string,
): Promise<{ readonly delimiter: string; readonly names: readonly string[] }> {
  const headers = await Promise.all(
    DELIMITERS.map(async (delimiter) => ({
      delimiter,
      names: await firstRecord(path, { delimiter, quote }),
    })),
  );
  return headers.reduce((best, one) => (one.names.length > best.names.length ? one : best));
}
