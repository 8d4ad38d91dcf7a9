import type { TypedColumn } from '../engine/batches.ts';
import { columnTypeOf } from '../engine/column-types.ts';
import type { Engine } from '../engine/engine.ts';
import { identifier } from '../engine/quote.ts';
import type { LocalSource } from './local-source.ts';
import type { describeRelation } from './source-relation.ts';

/** A relation of which every column is of a type that is kept. */
export interface DeclaredColumns {
  readonly relation: string;
  readonly columns: readonly TypedColumn[];
  /** What could not be kept as it was. */
  readonly notes: readonly string[];
}

type Found = Awaited<ReturnType<typeof describeRelation>>[number];

/** How a column is read: its value as SQL where that is not the column itself, and what is known of it. */
interface Plan extends Pick<TypedColumn, 'type' | 'stored'> {
  readonly value?: string;
  readonly note?: string;
}

const WHOLE = /^(UBIGINT|HUGEINT|UHUGEINT|BIGNUM|DECIMAL\(\d+,0\))$/;
const NESTED = /(\]$|^(STRUCT|MAP|UNION|VARIANT)\b)/;
const MOST_DIGITS = 38;
/** Decimals up to here take eight bytes, beyond sixteen. */
const SHORT_DIGITS = 18;

/**
 * The columns of a source that says its types itself (Parquet, Arrow, databases), as they are kept: the same content comes to
 * the same types whatever it stood in. Decimals keep their digits; whole numbers beyond 64 bits, times of day, UUIDs and
 * intervals become texts, lists and structs JSON, bytes base64; times with a zone become UTC.
 */
export async function declaredColumns(
  engine: Engine,
  source: LocalSource,
  relation: string,
  found: readonly Found[],
): Promise<DeclaredColumns> {
  const digits = new Map(
    source.columns?.flatMap(({ name, isDigits, places = 0 }) => (isDigits ? [[name, places] as const] : [])),
  );
  const plans = await Promise.all(
    found.map((column) =>
      digits.has(column.name)
        ? planDigits(engine, relation, column.name, digits.get(column.name) ?? 0)
        : planColumn(engine, relation, column),
    ),
  );
  const replaced = found.flatMap(({ name }, index) => {
    const value = plans[index]?.value;
    return value === undefined ? [] : [`${value} AS ${identifier(name)}`];
  });
  return {
    relation:
      replaced.length === 0 ? relation : `(SELECT * REPLACE (${replaced.join(', ')}) FROM ${relation})`,
    columns: found.map(({ name }, index) => ({
      name,
      type: plans[index]?.type ?? 'string',
      stored: plans[index]?.stored,
      about: source.columns?.find((column) => column.name === name)?.about,
    })),
    notes: plans.flatMap(({ note }) => (note === undefined ? [] : [note])),
  };
}

async function planColumn(engine: Engine, relation: string, { name, duckType }: Found): Promise<Plan> {
  const column = identifier(name);
  if (WHOLE.test(duckType)) return await planWhole(engine, relation, name);
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(duckType) ?? [];
  if (precision !== undefined && scale !== undefined)
    return await planDecimal(engine, relation, name, Number(precision), Number(scale));
  if (NESTED.test(duckType)) return { type: 'string', value: `CAST(to_json(${column}) AS VARCHAR)` };
  switch (duckType) {
    case 'BLOB':
      return {
        type: 'string',
        value: `to_base64(${column})`,
        note: `Column "${name}": bytes are kept as text in base64.`,
      };
    case 'TIMESTAMP WITH TIME ZONE':
      return {
        type: 'timestamp',
        value: `(${column} AT TIME ZONE 'UTC')`,
        note: `Column "${name}": times with a zone are kept as UTC.`,
      };
    case 'TIMESTAMP_NS': {
      const [cut] = await engine.rows(
        `SELECT count(*) AS n FROM ${relation} WHERE epoch_ns(${column}) % 1000 <> 0`,
      );
      const value = `CAST(${column} AS TIMESTAMP)`;
      if (Number(cut?.n) === 0) return { type: 'timestamp', value };
      return {
        type: 'timestamp',
        value,
        note: `Column "${name}": times are kept to the microsecond; the nanoseconds of ${cut?.n} are cut off.`,
      };
    }
    default: {
      const type = columnTypeOf(duckType);
      return type === 'string' && duckType !== 'VARCHAR'
        ? { type, value: `CAST(${column} AS VARCHAR)` }
        : { type };
    }
  }
}

/** Whole numbers of more than 64 bits: numbers where all fit into 64, else texts, as identifiers are. */
async function planWhole(engine: Engine, relation: string, name: string): Promise<Plan> {
  const column = identifier(name);
  const [row] = await engine.rows(
    `SELECT count(*) FILTER (WHERE TRY_CAST(${column} AS BIGINT) IS NULL AND ${column} IS NOT NULL) AS beyond FROM ${relation}`,
  );
  if (Number(row?.beyond) === 0) return { type: 'integer', value: `CAST(${column} AS BIGINT)` };
  return { type: 'string', value: `CAST(${column} AS VARCHAR)`, note: beyond(name) };
}

const beyond = (name: string): string =>
  `Column "${name}": whole numbers beyond 64 bits are kept as texts, with every digit.`;

async function planDecimal(
  engine: Engine,
  relation: string,
  name: string,
  precision: number,
  scale: number,
): Promise<Plan> {
  const digits = precision <= SHORT_DIGITS ? SHORT_DIGITS : await digitsNeeded(engine, relation, name, scale);
  return { type: 'number', stored: `DECIMAL(${digits},${scale})` };
}

/** Eighteen where they hold every value: how wide a type was declared elsewhere is no part of the content. */
async function digitsNeeded(engine: Engine, relation: string, name: string, scale: number): Promise<number> {
  if (scale > SHORT_DIGITS) return MOST_DIGITS;
  const column = identifier(name);
  const [row] = await engine.rows(
    `SELECT count(*) FILTER (WHERE TRY_CAST(${column} AS DECIMAL(${SHORT_DIGITS},${scale})) IS NULL AND ${column} IS NOT NULL) AS beyond FROM ${relation}`,
  );
  return Number(row?.beyond) === 0 ? SHORT_DIGITS : MOST_DIGITS;
}

/** A column of numbers that are written with their digits: how many stand before and behind the point, all of them tell. */
async function planDigits(engine: Engine, relation: string, name: string, places: number): Promise<Plan> {
  const column = identifier(name);
  const plain = `regexp_full_match(${column}, '-?[0-9]+(\\.[0-9]+)?')`;
  const [row] = await engine.rows(
    `SELECT coalesce(max(length(split_part(${column}, '.', 2))), 0) AS scale,
       coalesce(max(length(ltrim(split_part(${column}, '.', 1), '-0'))), 0) AS whole,
       count(*) FILTER (WHERE ${column} IS NOT NULL AND NOT ${plain}) AS odd,
       count(*) FILTER (WHERE ${column} IS NOT NULL AND TRY_CAST(${column} AS BIGINT) IS NULL) AS beyond
     FROM ${relation}`,
  );
  const [scale, whole] = [Math.max(Number(row?.scale), places), Number(row?.whole)];
  // NaN and infinities: only a double holds them.
  if (Number(row?.odd) > 0)
    return {
      type: 'number',
      value: `CAST(${column} AS DOUBLE)`,
      note: `Column "${name}" holds NaN or infinities: its decimals are kept as doubles, of about 16 digits.`,
    };
  if (scale === 0)
    return Number(row?.beyond) === 0
      ? { type: 'integer', value: `CAST(${column} AS BIGINT)` }
      : { type: 'string', note: beyond(name) };
  if (scale + whole > MOST_DIGITS)
    return {
      type: 'string',
      note: `Column "${name}": decimals of more than ${MOST_DIGITS} digits are kept as texts, with every digit.`,
    };
  const stored = `DECIMAL(${scale + whole <= SHORT_DIGITS ? SHORT_DIGITS : MOST_DIGITS},${scale})` as const;
  return { type: 'number', stored, value: `CAST(${column} AS ${stored})` };
}
