import { writeFile } from 'node:fs/promises';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { DuckDBInstance } from '@duckdb/node-api';
import {
  Bool,
  DateDay,
  Decimal,
  Field,
  Float64,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  TimeMicrosecond,
  TimestampMicrosecond,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';
import writeExcelFile, { type Cell } from 'write-excel-file/node';

/** A column with its values as JavaScript holds them exactly: decimals without their point, times in microseconds. */
export type WrittenColumn = { readonly name: string } & (
  | { readonly kind: 'integer'; readonly values: readonly (bigint | null)[] }
  | { readonly kind: 'decimal'; readonly scale: number; readonly values: readonly (bigint | null)[] }
  | { readonly kind: 'double'; readonly values: readonly (number | null)[] }
  | { readonly kind: 'boolean'; readonly values: readonly (boolean | null)[] }
  | { readonly kind: 'day' | 'moment' | 'clock'; readonly values: readonly (bigint | null)[] }
  | { readonly kind: 'text'; readonly values: readonly (string | null)[] }
);

export interface WrittenTable {
  readonly rows: number;
  readonly columns: readonly WrittenColumn[];
}

/** How the texts of a table are written where there are several ways. */
export interface Style {
  readonly lineEnd: '\n' | '\r\n';
  readonly isQuoted: boolean;
  /** A number in JSON without a fraction, as JavaScript writes it; Python and the engine write 1.0. */
  readonly isBare: boolean;
  readonly separator: ' ' | 'T';
}

export const FORMATS = ['csv', 'tsv', 'json', 'jsonl', 'arrow', 'feather', 'parquet'] as const;
export type Format = (typeof FORMATS)[number] | 'xlsx' | 'sqlite';

const DAY = 86_400_000_000n;
const NAMES = [
  'id',
  'größe',
  'a b',
  'say "x"',
  'select',
  'a,b',
  'x;y',
  "it's",
  'Total',
  'c.d',
  '#',
  '0',
  'π',
];

/** Texts of a column that looks like another type throughout. */
const LOOKALIKES = [
  ['1', '-20', '300'],
  ['1.5', '2.25', '1.0'],
  ['1.10', '2.50'],
  ['true', 'false'],
  ['2024-01-05', '1999-12-31'],
  ['2024-01-05 10:00:00', '2024-01-05 10:00:00.5'],
  ['2024-01-05T10:00:00Z', '1999-12-31T23:59:59Z'],
  ['', '7'],
  [''],
];

/** Nobody takes it for something else. */
const PLAIN_TEXT = 'a word';

/** What a person says of texts that may all look like something else: `--type`. */
export const saidTypes = ({ columns }: WrittenTable): string[] =>
  columns.flatMap(({ kind, name, values }) =>
    kind === 'text' && values[0] !== PLAIN_TEXT ? [`${name}=string`] : [],
  );

/** Texts that other readers take for something else. */
const WORDS = [
  ...['007', '+5', '-0', '1_000', '0x1A', '1.10', '1e5', '1E5', '.5', '5.', '1,5', '1.234,50', '$5', '12%'],
  ...['NO', 'yes', 'T', 'Y', 'true', 'TRUE', 'false', 'NA', 'N/A', '-', '?', 'null', 'None', '\\N', '#N/A'],
  ...['NaN', 'nan', 'inf', '-inf', 'Infinity', 'infinity', 'epoch', 'today', '12345678901234567890'],
  ...[
    '2024-01-05',
    '05/01/2024',
    '2024-01-05 10:00:00',
    '2024-01-05T10:00:00Z',
    '12:30',
    '12:30:00',
    '10.12.03',
  ],
  ...[
    '',
    ' ',
    ' 5',
    '5 ',
    "'",
    '"',
    'a"b',
    '""',
    'a,b',
    'a;b',
    'a\tb',
    'a|b',
    'a\nb',
    'a\r\nb',
    '=1+1',
    '@x',
  ],
  ...['550E8400-E29B-41D4-A716-446655440000', '{"a":1}', '[1,2]', 'é', '日本', '👍', '9007199254740993'],
];

/** Values of which some are missing; the first is there, so that a column has one. */
const some = <T>(value: fc.Arbitrary<T>, rows: number): fc.Arbitrary<(T | null)[]> =>
  fc
    .tuple(value, fc.array(fc.option(value, { freq: 4 }), { minLength: rows - 1, maxLength: rows - 1 }))
    .map(([first, rest]) => [first, ...rest]);

const micros = (from: string, to: string): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: BigInt(Date.parse(from)) * 1_000n, max: BigInt(Date.parse(to)) * 1_000n });
const moment = micros('1000-01-01T00:00:00Z', '9999-12-31T23:59:59Z');
const day = moment.map((time) => time - (((time % DAY) + DAY) % DAY));
const integer = fc.oneof(
  fc.bigInt({ min: -100n, max: 100n }),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const double = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }).map((whole) => whole / 8),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const text = fc.oneof(fc.constantFrom(...WORDS), fc.string({ unit: 'grapheme', maxLength: 12 }));

const columnOf = (rows: number): Readonly<Record<WrittenColumn['kind'], fc.Arbitrary<object>>> => ({
  integer: some(integer, rows).map((values) => ({ values })),
  decimal: fc
    .record({ scale: fc.integer({ min: 2, max: 8 }), digits: fc.constantFrom(6, 15, 18, 28, 38) })
    .chain(({ scale, digits }) => {
      const most = 10n ** BigInt(Math.max(digits, scale + 1)) - 1n;
      // A zero at the end shows the scale: 1.10 is written by nobody who means a double.
      const ten = ([first, ...rest]: readonly (bigint | null)[]) => [((first ?? 0n) / 10n) * 10n, ...rest];
      return some(fc.bigInt({ min: -most, max: most }), rows).map((values) => ({
        scale,
        values: ten(values),
      }));
    }),
  // Where all are whole, JavaScript and Excel write whole numbers.
  double: some(double, rows).map(([, ...rest]) => ({ values: [0.5, ...rest] })),
  boolean: some(fc.boolean(), rows).map((values) => ({ values })),
  day: some(day, rows).map((values) => ({ values })),
  moment: some(moment, rows).map((values) => ({ values })),
  clock: some(fc.bigInt({ min: 0n, max: DAY - 1n }), rows).map((values) => ({ values })),
  text: fc
    .oneof(
      fc.constantFrom(...LOOKALIKES).chain((texts) => some(fc.constantFrom(...texts), rows)),
      some(text, rows),
      some(text, rows).map(([, ...rest]) => [PLAIN_TEXT, ...rest]),
    )
    .map((values) => ({ values })),
});

/** Tables with a column of every kind, and some more of them, in any order. */
const tables: fc.Arbitrary<WrittenTable> = fc.integer({ min: 2, max: 24 }).chain((rows) => {
  const one = columnOf(rows);
  const kinds = ['integer', 'decimal', 'double', 'boolean', 'day', 'moment', 'clock', 'text'] as const;
  return fc
    .tuple(
      fc.shuffledSubarray(NAMES, { minLength: 10, maxLength: 10 }),
      fc.array(fc.constantFrom(...kinds), { minLength: 2, maxLength: 2 }),
    )
    .chain(([names, more]) =>
      fc.shuffledSubarray([...kinds, ...more], { minLength: 10, maxLength: 10 }).chain((all) =>
        fc.tuple(
          ...all.map((kind, index) =>
            // The record is of the kind that it was made for.
            one[kind].map((made) => ({ name: names[index] ?? '', kind, ...made }) as WrittenColumn),
          ),
        ),
      ),
    )
    .map((columns) => ({ rows, columns }));
});

const styles: fc.Arbitrary<Style> = fc.record({
  lineEnd: fc.constantFrom('\n', '\r\n'),
  isQuoted: fc.boolean(),
  isBare: fc.boolean(),
  separator: fc.constantFrom(' ', 'T'),
});

/** JavaScript writes no minus zero, and whole numbers beyond 2^53 as if each digit counted. */
const isBareless = (value: number | null): boolean =>
  Object.is(value, -0) || (Number.isInteger(value) && Math.abs(value ?? 0) >= 2 ** 53);

/** Tables with a way of writing their texts. */
export const writtenTables = fc.tuple(tables, styles).map(([table, style]) => ({
  table,
  style: {
    ...style,
    isBare:
      style.isBare &&
      !table.columns.some((column) => column.kind === 'double' && column.values.some(isBareless)),
  },
}));

/** The same rows, chosen by a function of their places. */
export const rowsOf = ({ columns }: WrittenTable, places: readonly number[]): WrittenTable => ({
  rows: places.length,
  columns: columns.map(
    (column) => ({ ...column, values: places.map((place) => column.values[place] ?? null) }) as WrittenColumn,
  ),
});

const fixed = (value: bigint, scale: number): string => {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
};
const fraction = (time: bigint): string => {
  const rest = ((time % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return rest === 0n ? '' : `.${String(rest).padStart(6, '0').replace(/0+$/, '')}`;
};
const second = (time: bigint): string =>
  new Date(Number((time - (((time % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000n)).toISOString();
const clockText = (time: bigint): string => second(time).slice(11, 19) + fraction(time);
const doubleText = (value: number, isBare: boolean): string => {
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (isBare) return String(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16))
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  return Number.isInteger(value) ? `${value}.0` : String(value);
};

const FIRST_DAY = BigInt(Date.UTC(1900, 2, 1)) * 1_000n;
const MOST_DAYS = 2_900_000n;

/**
 * What of a table a workbook or SQLite holds: neither has decimals or a minus zero. A workbook has doubles alone, of which the
 * whole ones are exact to 2^53, times from 1900 on to the millisecond, no empty text and no control characters; SQLite has no
 * truths.
 */
export function heldBy(table: WrittenTable, format: 'xlsx' | 'sqlite'): WrittenTable {
  const each = <T>(values: readonly (T | null)[], change: (value: T) => T): (T | null)[] =>
    values.map((value) => (value === null ? null : change(value)));
  const columns = table.columns.flatMap((column): WrittenColumn[] => {
    if (column.kind === 'decimal' || (column.kind === 'boolean' && format === 'sqlite')) return [];
    if (column.kind === 'double') return [{ ...column, values: each(column.values, (value) => value + 0) }];
    if (format === 'sqlite') return [column];
    switch (column.kind) {
      case 'integer':
        return [{ ...column, values: each(column.values, (value) => BigInt.asIntN(53, value)) }];
      case 'day':
      case 'moment': {
        const inRange = (time: bigint): bigint => {
          const since = BigInt.asUintN(63, time) % (MOST_DAYS * DAY);
          return FIRST_DAY + (column.kind === 'day' ? since - (since % DAY) : since - (since % 1_000n));
        };
        return [{ ...column, values: each(column.values, inRange) }];
      }
      case 'text':
        return [{ ...column, values: each(column.values, excelText) }];
      default:
        return [column];
    }
  });
  return { ...table, columns };
}

/** Who writes the workbooks here keeps texts as names of an object, and loses those that every object has. */
const excelText = (text: string): string =>
  text === '' || text in Object.prototype ? '-' : text.replaceAll(/\p{Cc}/gu, ' ');

/** The text of each value, as a delimited text holds it. */
function texts(column: WrittenColumn, { isBare, separator }: Style): readonly (string | null)[] {
  const of = <T>(values: readonly (T | null)[], text: (value: T) => string): (string | null)[] =>
    values.map((value) => (value === null ? null : text(value)));
  switch (column.kind) {
    case 'integer':
      return of(column.values, String);
    case 'decimal':
      return of(column.values, (value) => fixed(value, column.scale));
    case 'double':
      return of(column.values, (value) => doubleText(value, isBare));
    case 'boolean':
      return of(column.values, String);
    case 'day':
      return of(column.values, (value) => second(value).slice(0, 10));
    case 'moment':
      return of(
        column.values,
        (value) => `${second(value).slice(0, 19).replace('T', separator)}${fraction(value)}`,
      );
    case 'clock':
      return of(column.values, clockText);
    case 'text':
      return column.values;
  }
}

const field = (text: string | null, delimiter: string, isQuoted: boolean): string => {
  if (text === null) return '';
  if (!isQuoted && text !== '' && !new RegExp(`["\\r\\n]|${delimiter}`).test(text)) return text;
  return `"${text.replaceAll('"', '""')}"`;
};

function delimited({ rows, columns }: WrittenTable, style: Style, delimiter: string): string {
  const all = columns.map((column) => texts(column, style));
  const line = (values: readonly (string | null)[]): string =>
    values.map((value) => field(value, delimiter, style.isQuoted)).join(delimiter) + style.lineEnd;
  const header = line(columns.map(({ name }) => name));
  return header + Array.from({ length: rows }, (_, row) => line(all.map((one) => one[row] ?? null))).join('');
}

function objects({ rows, columns }: WrittenTable, style: Style): readonly string[] {
  const all = columns.map((column) => texts(column, style));
  const isString = (kind: WrittenColumn['kind']): boolean =>
    ['day', 'moment', 'clock', 'text'].includes(kind);
  return Array.from({ length: rows }, (_, row) => {
    const members = columns.map(({ name, kind }, index) => {
      const text = all[index]?.[row] ?? null;
      return `${JSON.stringify(name)}: ${text === null || !isString(kind) ? text : JSON.stringify(text)}`;
    });
    return `{${members.join(', ')}}`;
  });
}

const ARROW = {
  integer: new Int64(),
  boolean: new Bool(),
  day: new DateDay(),
  moment: new TimestampMicrosecond(),
  clock: new TimeMicrosecond(),
} as const;

function arrowData(column: WrittenColumn, rows: number): ReturnType<typeof makeData> {
  const isThere = column.values.map((value) => value !== null);
  const nullBitmap = new Uint8Array(Math.ceil(rows / 64) * 8);
  for (const [row, is] of isThere.entries())
    if (is) nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7));
  const common = { length: rows, nullCount: isThere.filter((is) => !is).length, nullBitmap };
  const longs = (values: readonly (bigint | null)[]) => BigInt64Array.from(values, (value) => value ?? 0n);
  switch (column.kind) {
    case 'integer':
      return makeData({ type: ARROW.integer, ...common, data: longs(column.values) });
    case 'moment':
      return makeData({ type: ARROW.moment, ...common, data: longs(column.values) });
    case 'clock':
      return makeData({ type: ARROW.clock, ...common, data: longs(column.values) });
    case 'day':
      return makeData({
        type: ARROW.day,
        ...common,
        data: Int32Array.from(column.values, (value) => Number((value ?? 0n) / DAY)),
      });
    case 'double':
      return makeData({
        type: new Float64(),
        ...common,
        data: Float64Array.from(column.values, (value) => value ?? 0),
      });
    case 'decimal': {
      const words = column.values.flatMap((value) =>
        [0n, 32n, 64n, 96n].map((bits) => Number(BigInt.asUintN(32, (value ?? 0n) >> bits))),
      );
      return makeData({ type: new Decimal(column.scale, 38, 128), ...common, data: Uint32Array.from(words) });
    }
    case 'boolean':
    case 'text': {
      const [data] = vectorFromArray(column.values, column.kind === 'text' ? new Utf8() : ARROW.boolean).data;
      if (!data) throw new Error('a vector without data');
      return data;
    }
  }
}

function arrow({ rows, columns }: WrittenTable, kind: 'file' | 'stream'): Uint8Array {
  const children = columns.map((column) => arrowData(column, rows));
  const schema = new Schema(
    columns.map(({ name }, index) => new Field(name, children[index]?.type ?? new Utf8(), true)),
  );
  const data = makeData({ type: new Struct(schema.fields), length: rows, children });
  return tableToIPC(new Table([new RecordBatch(schema, data)]), kind);
}

const PARQUET: Readonly<Record<WrittenColumn['kind'], string>> = {
  integer: 'BIGINT',
  decimal: '',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  day: 'DATE',
  moment: 'TIMESTAMP',
  clock: 'TIME',
  text: 'VARCHAR',
};

/** Written by the engine, which the tests hold open for it. */
export async function parquet(
  { rows, columns }: WrittenTable,
  path: string,
  duck: DuckDBInstance,
): Promise<void> {
  const style: Style = { lineEnd: '\n', isQuoted: false, isBare: false, separator: ' ' };
  const quoted = (text: string | null): string =>
    text === null ? 'NULL' : `'${text.replaceAll("'", "''")}'`;
  const all = columns.map((column) => texts(column, style));
  const list = columns.map((column, index) => {
    const type = column.kind === 'decimal' ? `DECIMAL(38,${column.scale})` : PARQUET[column.kind];
    return `CAST(c${index} AS ${type}) AS "${column.name.replaceAll('"', '""')}"`;
  });
  const values = Array.from(
    { length: rows },
    (_, row) => `(${row}, ${all.map((one) => quoted(one[row] ?? null)).join(', ')})`,
  );
  const connection = await duck.connect();
  await connection.run(
    `COPY (SELECT ${list.join(', ')} FROM (VALUES ${values.join(', ')}) AS v(o, ${columns.map((_, index) => `c${index}`).join(', ')}) ORDER BY o) TO '${path}' (FORMAT parquet)`,
  );
  connection.closeSync();
}

async function excel({ rows, columns }: WrittenTable, path: string): Promise<void> {
  const cell = (column: WrittenColumn, row: number): Cell => {
    const value = column.values[row] ?? null;
    if (value === null) return null;
    if (column.kind === 'day' || column.kind === 'moment')
      return {
        value: new Date(Number(BigInt(value) / 1_000n)),
        type: Date,
        format: column.kind === 'day' ? 'yyyy-mm-dd' : 'yyyy-mm-dd hh:mm:ss.000',
      };
    if (column.kind === 'clock') return { value: clockText(BigInt(value)), type: String };
    return typeof value === 'bigint' ? Number(value) : value;
  };
  const header = columns.map(({ name }) => name);
  const body = Array.from({ length: rows }, (_, row) => columns.map((column) => cell(column, row)));
  await writeExcelFile([header, ...body]).toFile(path);
}

function sqlite({ rows, columns }: WrittenTable, path: string, style: Style): void {
  const database = new DatabaseSync(path);
  const name = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  database.exec(`CREATE TABLE t (${columns.map((column) => name(column.name)).join(', ')})`);
  const insert = database.prepare(`INSERT INTO t VALUES (${columns.map(() => '?').join(', ')})`);
  const all = columns.map((column): readonly SQLInputValue[] =>
    column.kind === 'integer' || column.kind === 'double' ? column.values : texts(column, style),
  );
  for (let row = 0; row < rows; row++) insert.run(...all.map((one) => one[row] ?? null));
  database.close();
}

export async function write(
  table: WrittenTable,
  format: Format,
  path: string,
  style: Style,
  duck: DuckDBInstance,
): Promise<void> {
  switch (format) {
    case 'csv':
      return await writeFile(path, delimited(table, style, ','));
    case 'tsv':
      return await writeFile(path, delimited(table, style, '\t'));
    case 'json':
      return await writeFile(path, `[${objects(table, style).join(`,${style.lineEnd}`)}]`);
    case 'jsonl':
      return await writeFile(path, objects(table, style).join(style.lineEnd));
    case 'arrow':
      return await writeFile(path, arrow(table, 'stream'));
    case 'feather':
      return await writeFile(path, arrow(table, 'file'));
    case 'parquet':
      return await parquet(table, path, duck);
    case 'xlsx':
      return await excel(table, path);
    case 'sqlite':
      return sqlite(table, path, style);
  }
}
