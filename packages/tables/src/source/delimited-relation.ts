import { z } from 'zod';
import { STORED_TYPES } from '../engine/column-types.ts';
import type { Engine, Row } from '../engine/engine.ts';
import { plainValue } from '../engine/plain-value.ts';
import { literal } from '../engine/quote.ts';
import { checkHeader } from './check-header.ts';
import { checkLineEnds } from './check-line-ends.ts';
import { checkRejects } from './check-rejects.ts';
import type { LocalSource } from './local-source.ts';
import type { Reading } from './reading.ts';
import { SAMPLE_BUFFER, SAMPLE_ROWS, sampledRelation } from './sampled-relation.ts';
import { checkOverrides } from './type-overrides.ts';

const columnsSchema = z.array(z.object({ name: z.string(), type: z.string() }));

/**
 * A delimited text as something to select from. Every row is looked at once before the types are decided; what follows reads
 * with those types, and keeps what does not fit for `checkRejects`. From a sample, what follows fails at what does not fit.
 *
 * @throws TRS_DATA_HEADER, TRS_DATA_UNKNOWN_COLUMN, TRS_DATA_BAD_ROWS when rows do not even have the shape of rows
 */
export async function delimitedRelation(
  engine: Engine,
  { path, shown, format, scanned, isLong = false }: LocalSource,
  { delimiter: given, quote, dateFormat, types = new Map(), fromSample = false }: Reading,
): Promise<string> {
  const delimiter = given ?? (format === 'tsv' ? '\t' : undefined);
  const { names, ...dialect } = await checkHeader(engine, path, shown, { delimiter, quote });
  checkOverrides(types, names, shown);
  const shape = [
    'header = true',
    'skip = 0',
    `delim = ${literal(dialect.delimiter)}`,
    `quote = ${literal(dialect.quote)}`,
    // A doubled quote is one, as RFC 4180 has it.
    `escape = ${literal(dialect.quote)}`,
  ];
  const dates = (format: string): string[] => [
    `dateformat = ${literal(format)}`,
    `timestampformat = ${literal(format)}`,
  ];
  const options = [...shape, ...(dateFormat === undefined ? [] : dates(dateFormat))];
  const columnsOf = (found: Row | undefined) => {
    const sniffed = found ? columnsSchema.parse(plainValue(found.Columns ?? null)) : [];
    const isKnown = sniffed.length === names.length;
    const columns = names.map((name, index) => {
      const type = types.get(name);
      const duckType = type ? STORED_TYPES[type] : isKnown ? (sniffed[index]?.type ?? 'VARCHAR') : 'VARCHAR';
      return { name, duckType, isGiven: type !== undefined };
    });
    return { isKnown, columns };
  };
  const read = (found: Row | undefined, columns: string, more: readonly string[]): string => {
    const newLine = String(found?.NewLineDelimiter ?? '');
    return `read_csv(${literal(path)}, ${[
      'auto_detect = false',
      ...more,
      ...shape,
      ...(/^(\\r\\n|\\n|\\r)$/.test(newLine) ? [`new_line = ${literal(newLine)}`] : []),
      ...(dateFormat === undefined ? formatsOf(found) : dates(dateFormat)),
      `columns = ${columns}`,
    ].join(', ')})`;
  };
  if (fromSample && isLong) {
    const found = await sniff(engine, path, SAMPLE_ROWS, options);
    const { isKnown, columns } = columnsOf(found);
    const relation = isKnown
      ? await sampledRelation(engine, columns, (struct) => read(found, struct, []))
      : undefined;
    if (relation !== undefined && !(await scanned).hasReturns) return relation;
  }
  const found = await sniff(engine, path, -1, options);
  const { isKnown, columns } = columnsOf(found);
  const struct = columns.map(({ name, duckType }) => `${literal(name)}: ${literal(duckType)}`);
  const relation = read(found, `{${struct.join(', ')}}`, ['store_rejects = true', 'rejects_limit = 1000']);
  if (!isKnown) {
    await checkLineEnds(path, shown, dialect.quote);
    // Rows of several shapes: reading them as texts tells which.
    await engine.rows(`SELECT count(COLUMNS(*)) FROM ${relation}`);
    await checkRejects(engine, shown);
  }
  return relation;
}

/** What the engine makes of the first rows of a text, or of the whole (-1); nothing when it makes no sense of it. */
async function sniff(
  engine: Engine,
  path: string,
  rows: number,
  options: readonly string[],
): Promise<Row | undefined> {
  const sql = `SELECT Columns, DateFormat, TimestampFormat, NewLineDelimiter FROM sniff_csv(${literal(path)}, sample_size = ${rows}, ${[...options, ...(rows === -1 ? [] : [SAMPLE_BUFFER])].join(', ')})`;
  return await engine.rows(sql).then(
    ([row]) => row,
    () => undefined,
  );
}

const formatsOf = (found: Row | undefined): readonly string[] => [
  ...(found?.DateFormat ? [`dateformat = ${literal(String(found.DateFormat))}`] : []),
  ...(found?.TimestampFormat ? [`timestampformat = ${literal(String(found.TimestampFormat))}`] : []),
];
