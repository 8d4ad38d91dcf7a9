import { didYouMean } from '@trestle/kernel';
import { dataError } from '../data-error.ts';
import { columnTypeOf } from '../engine/column-types.ts';
import type { Engine } from '../engine/engine.ts';
import { identifier, literal } from '../engine/quote.ts';
import { describeRelation } from '../source/source-relation.ts';
import type { Expectation, Suite, SuiteReport } from './suite.ts';

const SHOWN_ROWS = 5;
const ROW = '"trestle row"';

interface Table {
  readonly engine: Engine;
  readonly relation: string;
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly duckType: string }[];
}

/** Checks every expectation of a suite; the suite passes when none of severity `error` fails. */
export async function checkSuite(engine: Engine, relation: string, suite: Suite): Promise<SuiteReport> {
  const [count] = await engine.rows(`SELECT count(*) AS total FROM ${relation}`);
  const table: Table = {
    engine,
    relation,
    rows: Number(count?.total ?? 0),
    columns: await describeRelation(engine, relation),
  };
  const results: SuiteReport['results'] = [];
  for (const expectation of suite.expectations) results.push(await checkOne(table, expectation));
  return {
    passed: results.every((result) => result.passed || result.severity === 'warn'),
    rows: table.rows,
    results,
  };
}

async function checkOne(table: Table, expectation: Expectation): Promise<SuiteReport['results'][number]> {
  const base = { expectation: describe(expectation), severity: expectation.severity };
  const whole = checkTable(table, expectation);
  if (whole !== undefined) return { ...base, passed: whole, failures: whole ? 0 : 1, examples: [] };
  const failing = failingRows(table, expectation);
  const [count] = await table.engine.rows(`SELECT count(*) AS failures FROM (${failing})`);
  const failures = Number(count?.failures ?? 0);
  const passed = failures <= (1 - expectation.mostly) * table.rows;
  const examples =
    failures === 0
      ? []
      : await table.engine.rows(`SELECT * FROM (${failing}) ORDER BY ${ROW} LIMIT ${SHOWN_ROWS}`);
  return {
    ...base,
    passed,
    failures,
    examples: examples.map((row) => ({
      row: Number(row['trestle row']),
      values: shownValues(row, expectation),
    })),
  };
}

/** Expectations of the table as a whole; undefined for those of rows. */
function checkTable({ rows, columns }: Table, expectation: Expectation): boolean | undefined {
  switch (expectation.type) {
    case 'table.rowCount':
      return rows >= (expectation.min ?? 0) && rows <= (expectation.max ?? Number.POSITIVE_INFINITY);
    case 'table.columns':
      return expectation.names.every((name) => columns.some((column) => column.name === name));
    case 'column.type': {
      const column = columns.find((one) => one.name === expectation.column);
      return column !== undefined && columnTypeOf(column.duckType) === expectation.is;
    }
    default:
      return undefined;
  }
}

/** The rows that do not hold, with their numbers. @throws TRS_DATA_UNKNOWN_COLUMN, TRS_DATA_EXPRESSION */
export function failingRows(table: Table, expectation: Expectation): string {
  const numbered = `(SELECT row_number() OVER () AS ${ROW}, * FROM ${table.relation})`;
  return `SELECT * FROM ${numbered} WHERE ${failsWhen(table, expectation)}`;
}

function failsWhen(table: Table, expectation: Expectation): string {
  if (expectation.type === 'row.sql') return `(${safeExpression(expectation.expression)}) IS NOT TRUE`;
  if (!('column' in expectation)) return 'false';
  checkColumn(table, expectation.column);
  const column = identifier(expectation.column);
  const value = (one: number | string): string => (typeof one === 'number' ? String(one) : literal(one));
  switch (expectation.type) {
    case 'column.notNull':
      return `${column} IS NULL`;
    case 'column.between': {
      const below = expectation.min === undefined ? 'false' : `${column} < ${value(expectation.min)}`;
      const above = expectation.max === undefined ? 'false' : `${column} > ${value(expectation.max)}`;
      return `(${below} OR ${above})`;
    }
    case 'column.inSet':
      return `${column} IS NOT NULL AND ${column} NOT IN (${expectation.values.map(value).join(', ')})`;
    case 'column.matches':
      return `${column} IS NOT NULL AND NOT regexp_full_match(CAST(${column} AS VARCHAR), ${literal(expectation.pattern)})`;
    case 'column.unique':
      return `${column} IN (SELECT ${column} FROM ${table.relation} WHERE ${column} IS NOT NULL GROUP BY ${column} HAVING count(*) > 1)`;
    default:
      return 'false';
  }
}

function checkColumn({ columns }: Table, name: string): void {
  if (columns.some((column) => column.name === name)) return;
  const names = columns.map((column) => column.name);
  throw dataError('UNKNOWN_COLUMN', {
    kind: 'invalid',
    message: `The suite expects something of a column "${name}", which is not there.${didYouMean(name, names)}`,
    hint: `Columns: ${names.join(', ')}.`,
    details: { column: name },
  });
}

/** One expression over a row: nothing that could end it, or read anything else. The engine is locked down besides. */
function safeExpression(expression: string): string {
  const forbidden = /;|--|\/\*|\b(select|from|pragma|attach|copy|install|load|set)\b/i.exec(
    expression.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, ''),
  );
  if (!forbidden) return expression;
  throw dataError('EXPRESSION', {
    kind: 'invalid',
    message: `row.sql may not hold "${forbidden[0]}".`,
    hint: 'Write one expression over the columns of a row, for example "start" < "end".',
  });
}

function describe(expectation: Expectation): string {
  const { type, severity: _severity, mostly, ...rest } = expectation;
  const words = Object.values(rest).map((value) =>
    Array.isArray(value)
      ? `[${value.slice(0, 6).join(', ')}${value.length > 6 ? ', …' : ''}]`
      : JSON.stringify(value),
  );
  return `${type} ${words.join(' ')}${mostly < 1 ? ` (mostly ${mostly})` : ''}`;
}

/** The column in question, or the whole row for expectations of rows; as JSON can hold it. */
function shownValues(
  row: Readonly<Record<string, unknown>>,
  expectation: Expectation,
): Record<string, unknown> {
  const names =
    'column' in expectation
      ? [expectation.column]
      : Object.keys(row).filter((name) => name !== 'trestle row');
  return Object.fromEntries(
    names.map((name) => {
      const value = row[name];
      const plain =
        typeof value === 'bigint'
          ? Number(value)
          : typeof value === 'object' && value !== null
            ? String(value)
            : value;
      return [name, plain];
    }),
  );
}
