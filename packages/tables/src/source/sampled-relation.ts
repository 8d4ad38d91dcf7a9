import type { Engine } from '../engine/engine.ts';
import { identifier, literal } from '../engine/quote.ts';

/** Rows from which types are taken. */
export const SAMPLE_ROWS = 20_480;
/**
 * The engine reads a buffer at least, of 32 MB when it is not told. Its longest line is 2 MB, which a buffer holds four times
 * so that this changes no result.
 */
export const SAMPLE_BUFFER = 'buffer_size = 8000000';
/** In so many rows each column must have a value: that of one without could be of any type. */
const FILLED_ROWS = 10_000;

export interface SampledColumn {
  readonly name: string;
  readonly duckType: string;
  /** The user said the type: it is not checked. */
  readonly isGiven: boolean;
}

/**
 * What a text of a column must be like for it to be certain that a look at all of them would have found the same type. The
 * engine's own reading is no such check: it takes 1.5 for the whole number 2, 007 for 7 and 1 for true.
 */
const CHECKS: ReadonlyMap<string, (text: string, value: string) => string> = new Map([
  ['BIGINT', (text: string, value: string) => `CAST(${value} AS VARCHAR) = ${text}`],
  ['DOUBLE', (text: string) => `regexp_full_match(${text}, '-?(0|[1-9][0-9]*)(\\.[0-9]+)?')`],
  ['BOOLEAN', (text: string) => `lower(${text}) IN ('true', 'false')`],
]);
/** These the engine reads as strictly as it finds them out. */
const STRICT: ReadonlySet<string> = new Set(['VARCHAR', 'DATE', 'TIME', 'TIMESTAMP']);

/**
 * A delimited text whose types a sample told, as something to select from that fails at the first value that could have told
 * another type: reading it to its end without a failure gives what looking at every row first would have given, in half the time.
 *
 * @param read the text as a relation with columns of these types
 * @returns nothing when a sample cannot tell
 */
export async function sampledRelation(
  engine: Engine,
  columns: readonly SampledColumn[],
  read: (columns: string) => string,
): Promise<string | undefined> {
  if (!columns.every(({ duckType, isGiven }) => isGiven || CHECKS.has(duckType) || STRICT.has(duckType)))
    return undefined;
  const checkOf = ({ duckType, isGiven }: SampledColumn) => (isGiven ? undefined : CHECKS.get(duckType));
  const types = columns.map(
    (one) => `${literal(one.name)}: ${literal(checkOf(one) ? 'VARCHAR' : one.duckType)}`,
  );
  const texts = read(`{${types.join(', ')}}`);
  const counts = columns.map(({ name }) => `count(${identifier(name)})`);
  const isFilled = await engine
    .rows(
      `SELECT least(${counts.join(', ')}) > 0 AS filled FROM (SELECT * FROM ${texts} LIMIT ${FILLED_ROWS})`,
    )
    .then(
      ([row]) => row?.filled === true,
      () => false,
    );
  if (!isFilled) return undefined;
  // Values in a query of their own: the engine would make each twice, once for the check.
  const values: string[] = [];
  const list = columns.map((one, index) => {
    const column = identifier(one.name);
    const check = checkOf(one);
    if (!check) return column;
    const value = identifier(`trestle value ${index}`);
    values.push(`TRY_CAST(${column} AS ${one.duckType}) AS ${value}`);
    return `CASE WHEN ${check(column, value)} THEN ${value} WHEN ${column} IS NULL THEN NULL ELSE error('not as in the sample') END AS ${column}`;
  });
  if (values.length === 0) return texts;
  return `(SELECT ${list.join(', ')} FROM (SELECT *, ${values.join(', ')} FROM ${texts}))`;
}
