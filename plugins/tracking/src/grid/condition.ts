import { type RunStatus, runStatusSchema, specialNumberSchema } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { type Expression, expressionBuilder, type Kysely, type SqlBool, sql } from 'kysely';
import { LOST_AFTER_MS } from '../live/receive.ts';
import { trackingError } from '../tracking-error.ts';
import type { TrackingTables } from '../tracking-tables.ts';
import { type RunKey, readKey } from './run-key.ts';

const OPERATORS = ['!=', '<=', '>=', '=', '<', '>', '~'] as const;
type Operator = (typeof OPERATORS)[number];

/** What runs have to be: `metric:loss<0.3`, `param:"a<b"=adam`, `tag:stage=candidate`, `status!=failed`, `experiment~churn`. */
export interface Condition {
  readonly key: RunKey;
  readonly operator: Operator;
  readonly value: string;
}

export const CONDITION_RULE = '=, !=, <, <=, >, >= or ~ (holds)';

// A name in quotation marks may hold signs of comparison; an equals sign ends every other.
const PARTS = /^\s*([a-z]+:)?("[^"]*"|[^"]*?)\s*(!=|<=|>=|=|<|>|~)\s*(.*?)\s*$/su;

/** @throws TRS_TRACKING_CONDITION, TRS_TRACKING_KEY, TRS_TRACKING_DIRECTION */
export function readCondition(scope: Scope, text: string): Condition {
  const [, word = '', name = '', sign, value = ''] = PARTS.exec(text) ?? [];
  const operator = OPERATORS.find((one) => one === sign);
  if (operator === undefined)
    throw badCondition(text, `it compares nothing; between a name and a value stands ${CONDITION_RULE}`);
  const key = readKey(scope, `${word}${name.replace(/^"(.*)"$/su, '$1')}`);
  const condition = { key, operator, value };
  const fault = faultOf(condition);
  if (fault !== undefined) throw badCondition(text, fault);
  return condition;
}

function faultOf({ key, operator, value }: Condition): string | undefined {
  const isEquality = operator === '=' || operator === '!=';
  if (key.of === 'metric') {
    if (operator === '~') return 'a metric is a number, and holds nothing';
    if (numberOfText(value) !== undefined) return undefined;
    const isSpecial = key.aggregate === 'last' && isEquality && specialNumberSchema.safeParse(value).success;
    return isSpecial ? undefined : `"${value}" is no number`;
  }
  if (key.of === 'field' && key.column === 'status') {
    if (!isEquality) return 'a status is equal to another or not';
    if (!runStatusSchema.safeParse(value).success)
      return `there is no status "${value}": ${runStatusSchema.options.join(', ')}`;
  }
  const isOrder = !isEquality && operator !== '~';
  if (key.of === 'param' && isOrder && numberOfText(value) === undefined) return `"${value}" is no number`;
  return undefined;
}

const numberOfText = (text: string): number | undefined => {
  const number = Number(text);
  return text.trim() === '' || !Number.isFinite(number) ? undefined : number;
};

const badCondition = (text: string, why: string) =>
  trackingError('CONDITION', {
    kind: 'invalid',
    message: `${JSON.stringify(text.slice(0, 200))} is no condition for runs: ${why}.`,
    hint: 'For example "metric:loss<0.3", "param:depth=6", "tag:stage=candidate", "status=succeeded".',
    details: { condition: text.slice(0, 200) },
  });

/** Rows of `tracked_runs`, called `one`. */
export const runRow = expressionBuilder<{ one: TrackingTables['tracked_runs'] }, 'one'>();

/** A condition on a row. @param now the store's time in milliseconds */
export function holds(
  db: Kysely<TrackingTables>,
  now: Expression<number>,
  { key, operator, value }: Condition,
): Expression<SqlBool> {
  // Who is not what is asked may not be it at all: a run without the parameter has another value than this.
  const isNot = operator === '!=';
  const compared = isNot ? '=' : operator;
  const among = (runs: Expression<unknown>): Expression<SqlBool> =>
    sql<SqlBool>`one.run ${sql.raw(isNot ? 'not in' : 'in')} ${runs}`;
  if (key.of === 'field') {
    if (key.column === 'status') {
      const is = hasStatus(now, runStatusSchema.parse(value));
      return isNot ? runRow.not(is) : is;
    }
    const column = runRow.ref(`one.${key.column}`);
    return operator === '~' ? contains(column, value) : sql`${column} ${sql.raw(operator)} ${value}`;
  }
  const number = numberOfText(value);
  if (key.of === 'metric') {
    const runs = db.selectFrom('run_summaries').select('run').where('name', '=', key.name);
    return among(
      number === undefined
        ? runs.where('last_special', '=', value)
        : runs.where(sql<SqlBool>`${sql.ref(key.aggregate)} ${sql.raw(compared)} ${number}`),
    );
  }
  const text = sql.ref<string>('value');
  if (key.of === 'tag') {
    const runs = db.selectFrom('run_tags').select('run').where('name', '=', key.name);
    return among(
      runs.where(
        operator === '~' ? contains(text, value) : sql<SqlBool>`${text} ${sql.raw(compared)} ${value}`,
      ),
    );
  }
  const runs = db.selectFrom('run_params').select('run').where('name', '=', key.name);
  if (operator === '~') return among(runs.where(contains(text, value)));
  if (operator !== '=' && !isNot)
    return among(runs.where(sql<SqlBool>`number ${sql.raw(compared)} ${number ?? Number.NaN}`));
  return among(
    runs.where((is) =>
      is.or([
        is('value', '=', JSON.stringify(value)),
        is('value', '=', value),
        ...(number === undefined ? [] : [is('number', '=', number)]),
      ]),
    ),
  );
}

const contains = (column: Expression<unknown>, text: string) =>
  sql<SqlBool>`lower(${column}) like ${`%${text.toLowerCase().replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`} escape '\\'`;

/** Runs with a status; whose process is lost stands there as running. */
export function hasStatus(now: Expression<number>, status: RunStatus): Expression<SqlBool> {
  const since = sql<number>`${now} - ${sql.lit(LOST_AFTER_MS)}`;
  const is = runRow('one.status', '=', status);
  const isHeard = runRow.or([runRow('one.heard_at_ms', 'is', null), runRow('one.heard_at_ms', '>=', since)]);
  if (status === 'running') return runRow.and([is, isHeard]);
  if (status !== 'interrupted') return is;
  return runRow.or([is, runRow.and([runRow('one.status', '=', 'running'), runRow.not(isHeard)])]);
}
