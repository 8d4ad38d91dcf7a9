import { columnTypeOf, describeRelation, type Engine, plainValue, type Row } from '@trestle/tables';
import { distributionDistance } from '../diff/distribution-distance.ts';
import { imageColumns } from '../image/image-columns.ts';
import { imageDistance } from '../image/image-distance.ts';
import { type CheckedTable, checkColumn, comparedWith, type Others } from './checked-table.ts';
import { describeExpectation } from './describe-expectation.ts';
import { failingRows, ROW } from './fails-when.ts';
import { type ScanTerm, scanTerm } from './scan-term.ts';
import type { Expectation, Suite, SuiteReport } from './suite.ts';

const SHOWN_ROWS = 5;
/** Aggregates in one statement: more would take long to plan. */
const TERMS_AT_ONCE = 200;

type Result = SuiteReport['results'][number];
type Finding = Pick<Result, 'passed' | 'failures' | 'observed' | 'of'> & { readonly showRows?: boolean };

/**
 * Checks every expectation of a suite; the suite passes when none of severity `error` fails. One scan computes what all of
 * them need; only those that fail are looked at again, for rows to show.
 */
export async function checkSuite(
  engine: Engine,
  relation: string,
  suite: Suite,
  others: Others = {},
): Promise<SuiteReport> {
  const [count] = await engine.rows(`SELECT count(*) AS total FROM ${relation}`);
  const rows = Number(count?.total ?? 0);
  const table: CheckedTable = {
    engine,
    relation,
    rows,
    columns: await describeRelation(engine, relation),
    others,
  };
  const terms = suite.expectations.map((expectation) => scanTerm(table, expectation));
  const values = await scan(table, terms);
  const results: Result[] = [];
  for (const [index, expectation] of suite.expectations.entries()) {
    const term = terms[index] ?? { kind: 'apart' };
    const { showRows = false, ...finding } = await judge(table, expectation, term, values.get(index) ?? null);
    results.push({
      expectation: describeExpectation(expectation),
      severity: expectation.severity,
      ...finding,
      examples: showRows ? await examplesOf(table, expectation) : [],
    });
  }
  return {
    passed: results.every((result) => result.passed || result.severity === 'warn'),
    rows,
    results,
  };
}

/** The value of each term that has one, by its place. */
async function scan(
  table: CheckedTable,
  terms: readonly ScanTerm[],
): Promise<ReadonlyMap<number, Row[string]>> {
  const values = new Map<number, Row[string]>();
  const asked = terms.flatMap((term, index) => ('sql' in term ? [{ index, sql: term.sql }] : []));
  for (let at = 0; at < asked.length; at += TERMS_AT_ONCE) {
    const some = asked.slice(at, at + TERMS_AT_ONCE);
    const list = some.map(({ index, sql }) => `${sql} AS t${index}`).join(', ');
    const [found = {}] = await table.engine.rows(`SELECT ${list} FROM ${table.relation}`);
    for (const { index } of some) values.set(index, found[`t${index}`] ?? null);
  }
  return values;
}

async function judge(
  table: CheckedTable,
  expectation: Expectation,
  term: ScanTerm,
  value: Row[string],
): Promise<Finding> {
  const allowed = (1 - expectation.mostly) * table.rows;
  const byRows = (failures: number): Finding => ({
    passed: failures <= allowed,
    failures,
    showRows: failures > 0,
  });
  const whole = (passed: boolean, observed?: number): Finding => ({
    passed,
    failures: passed ? 0 : 1,
    ...(observed === undefined ? {} : { observed }),
  });
  switch (term.kind) {
    case 'counted':
      return byRows(term.failures);
    case 'known':
      return whole(term.passed, term.observed);
    case 'truth':
      return whole(value === true);
    case 'rows':
      return byRows(Number(value));
    case 'repeats':
      return Number(value) === 0 ? byRows(0) : byRows(await countFailing(table, expectation));
    case 'observed': {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = term;
      // Of no values there is no mean.
      if (value === null) return { passed: false, failures: 1 };
      const observed = Number(value);
      return whole(observed >= min && observed <= max, observed);
    }
    case 'apart':
      return expectation.type === 'column.drift'
        ? await driftOf(table, expectation)
        : byRows(await countFailing(table, expectation));
  }
}

async function countFailing(table: CheckedTable, expectation: Expectation): Promise<number> {
  const [count] = await table.engine.rows(
    `SELECT count(*) AS failures FROM (${failingRows(table, expectation)})`,
  );
  return Number(count?.failures ?? 0);
}

async function driftOf(
  table: CheckedTable,
  { column: name, from, max }: Extract<Expectation, { readonly type: 'column.drift' }>,
): Promise<Finding> {
  checkColumn(table.columns, name);
  const { relation, profile } = comparedWith(table, from);
  const older = profile?.columns.find((column) => column.name === name);
  const type = columnTypeOf(table.columns.find((column) => column.name === name)?.duckType ?? '');
  // A column that was not there has nothing to be like.
  if (!older) return { passed: false, failures: 1 };
  const sides = { engine: table.engine, from: relation, to: table.relation, columns: [] };
  if (type === 'string' && (await imageColumns(table.engine, relation, [name])).length > 0) {
    const { distance, of } = await imageDistance(table.engine, sides, name);
    return { passed: distance <= max, failures: distance <= max ? 0 : 1, observed: distance, of };
  }
  const observed = await distributionDistance(sides, { name, type }, older);
  return { passed: observed <= max, failures: observed <= max ? 0 : 1, observed };
}

async function examplesOf(table: CheckedTable, expectation: Expectation): Promise<Result['examples']> {
  const rows = await table.engine.rows(
    `SELECT * FROM (${failingRows(table, expectation)}) ORDER BY ${ROW} LIMIT ${SHOWN_ROWS}`,
  );
  return rows.map((row) => ({ row: Number(row['trestle row']), values: shownValues(row, expectation) }));
}

/** The column in question, or the whole row for expectations of rows; as JSON can hold it. */
function shownValues(row: Row, expectation: Expectation): Record<string, unknown> {
  const names =
    'column' in expectation
      ? [expectation.column]
      : Object.keys(row).filter((name) => name !== 'trestle row');
  return Object.fromEntries(names.map((name) => [name, plainValue(row[name] ?? null)]));
}
