import { isTrestleError, TrestleError } from '@trestle/kernel';
import {
  columnTypeOf,
  describeRelation,
  type Engine,
  engineMessage,
  isNumeric,
  plainValue,
  type Row,
} from '@trestle/tables';
import type { Expectation, Suite, SuiteReport } from '../config/suite.ts';
import { distributionDistance } from '../diff/distribution-distance.ts';
import { imageDistance } from '../diff/image-distance.ts';
import { imageColumns } from '../image/image-columns.ts';
import { type CheckedTable, checkColumn, comparedWith, type Others } from './checked-table.ts';
import { mismatch } from './comparable.ts';
import { describeExpectation } from './describe-expectation.ts';
import { failingRows, ROW } from './fails-when.ts';
import { type ScanTerm, scanTerm } from './scan-term.ts';

const SHOWN_ROWS = 5;
/** Aggregates in one statement: more would take long to plan. */
const TERMS_AT_ONCE = 200;

type Result = SuiteReport['results'][number];
type Finding = Pick<Result, 'passed' | 'failures' | 'observed' | 'of' | 'reason'> & {
  readonly showRows?: boolean;
};

/**
 * Checks every expectation of a suite; the suite passes when none of severity `error` fails. One scan computes what all of
 * them need; only those that fail are looked at again, for rows to show. What cannot be held against the rows fails, and
 * says why; the others are judged all the same.
 *
 * @throws what is wrong with the suite itself (a column, a version or a function that is not there), with the results of
 *   the other expectations as `details.results`
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
  const faults: TrestleError[] = [];
  const terms = suite.expectations.map((expectation): ScanTerm | undefined => {
    try {
      return scanTerm(table, expectation);
    } catch (thrown) {
      if (!isTrestleError(thrown)) throw thrown;
      faults.push(thrown);
      return undefined;
    }
  });
  const values = await scan(table, terms);
  const results: Result[] = [];
  for (const [index, expectation] of suite.expectations.entries()) {
    const term = terms[index];
    if (!term) continue;
    const judged = await resultOf(table, expectation, term, values.get(index));
    if (isTrestleError(judged)) faults.push(judged);
    else results.push(judged);
  }
  const [fault] = faults;
  if (fault) throw withResults(fault, results);
  return {
    passed: results.every((result) => result.passed || result.severity === 'warn'),
    rows,
    results,
  };
}

/** The result of one expectation, or what is wrong with it. */
async function resultOf(
  table: CheckedTable,
  expectation: Expectation,
  term: ScanTerm,
  value: Scanned | undefined,
): Promise<Result | TrestleError> {
  const named = { expectation: describeExpectation(expectation), severity: expectation.severity };
  try {
    if (isTrestleError(value)) throw value;
    const { showRows = false, ...finding } = await judge(table, expectation, term, value ?? null);
    const examples = showRows ? await examplesOf(table, expectation) : [];
    return { ...named, ...finding, ...reasonOf(table, expectation, finding), examples };
  } catch (thrown) {
    if (!isTrestleError(thrown)) throw thrown;
    if (thrown.code !== 'TRS_DATA_ENGINE') return thrown;
    const reason = `It cannot be judged: ${engineMessage(thrown.cause).what}.`;
    return { ...named, passed: false, failures: table.rows, reason, examples: [] };
  }
}

/** Why it does not hold, where that is not seen in the rows. */
function reasonOf(
  table: CheckedTable,
  expectation: Expectation,
  { passed, failures, reason }: Finding,
): { readonly reason?: string } {
  if (reason !== undefined) return { reason };
  const why = failures > 0 ? mismatch(table, expectation) : undefined;
  if (why !== undefined) return { reason: why };
  if (passed) return {};
  switch (expectation.type) {
    case 'column.matches':
      return {
        reason: 'The whole value has to match: ".*" at an end of the pattern lets anything stand there.',
      };
    case 'column.type': {
      const found = table.columns.find((column) => column.name === expectation.column);
      return { reason: found ? `It is ${columnTypeOf(found.duckType)}.` : 'There is no such column.' };
    }
    case 'table.columns': {
      const names = new Set(table.columns.map((column) => column.name));
      return { reason: `Not there: ${expectation.names.filter((name) => !names.has(name)).join(', ')}.` };
    }
    default:
      return {};
  }
}

/** The same error, which does not lose what was found of the others. */
function withResults(fault: TrestleError, results: readonly Result[]): TrestleError {
  if (results.length === 0) return fault;
  const failed = results.filter((result) => !result.passed).map((result) => result.expectation);
  const others = `Of the ${results.length} other expectations ${failed.length === 0 ? 'all hold' : `these do not hold: ${failed.join('; ')}`}.`;
  return new TrestleError(fault.code, {
    kind: fault.kind,
    message: fault.message,
    hint: fault.hint === undefined ? others : `${fault.hint}\n${others}`,
    details: { ...fault.details, results },
    cause: fault.cause,
  });
}

/** What a scan gives for a term, or why it gives nothing. */
type Scanned = Row[string] | TrestleError;

/** The value of each term that has one, by its place. */
async function scan(
  table: CheckedTable,
  terms: readonly (ScanTerm | undefined)[],
): Promise<ReadonlyMap<number, Scanned>> {
  const asked = terms.flatMap((term, index) => (term && 'sql' in term ? [{ index, sql: term.sql }] : []));
  const values = new Map<number, Scanned>();
  for (let at = 0; at < asked.length; at += TERMS_AT_ONCE)
    for (const [index, value] of await scanned(table, asked.slice(at, at + TERMS_AT_ONCE)))
      values.set(index, value);
  return values;
}

/** One statement for all; when it fails, one for each half, until it is known which of them does. */
async function scanned(
  table: CheckedTable,
  some: readonly { readonly index: number; readonly sql: string }[],
): Promise<readonly (readonly [number, Scanned])[]> {
  const list = some.map(({ index, sql }) => `${sql} AS t${index}`).join(', ');
  try {
    const [found = {}] = await table.engine.rows(`SELECT ${list} FROM ${table.relation}`);
    return some.map(({ index }) => [index, found[`t${index}`] ?? null]);
  } catch (thrown) {
    if (!isTrestleError(thrown) || thrown.code !== 'TRS_DATA_ENGINE') throw thrown;
    const [only, ...more] = some;
    if (only && more.length === 0) return [[only.index, thrown]];
    const half = Math.ceil(some.length / 2);
    return [...(await scanned(table, some.slice(0, half))), ...(await scanned(table, some.slice(half)))];
  }
}

async function judge(
  table: CheckedTable,
  expectation: Expectation,
  term: ScanTerm,
  value: Row[string],
): Promise<Finding> {
  const allowed = (1 - expectation.mostly) * table.rows;
  const byRows = (failures: number): Finding => ({
    // What is of another type holds for none of its values, however many may fail.
    passed: failures <= allowed && (failures === 0 || mismatch(table, expectation) === undefined),
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
      const what = expectation.type === 'column.aggregate' ? expectation.of : 'number';
      if (value === null) return { ...whole(false), reason: `There are no values to take the ${what} of.` };
      const observed = Number(value);
      const passed = observed >= min && observed <= max;
      // JSON has no infinities and no NaN.
      if (!Number.isFinite(observed)) return { ...whole(passed), reason: `The ${what} is ${observed}.` };
      return term.isEstimate
        ? { ...whole(passed, observed), reason: `The ${what} of so many rows is an estimate.` }
        : whole(passed, observed);
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
  if (!older) return { passed: false, failures: 1, reason: `There is no such column in ${from}.` };
  if (type !== older.type && !(isNumeric(type) && isNumeric(older.type)))
    return { passed: false, failures: 1, reason: `It is ${type}, and was ${older.type} in ${from}.` };
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
