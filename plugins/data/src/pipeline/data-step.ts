import type { StepToRun } from '@trestle/contracts';
import { isSqlStep, type Step } from '../config/steps.ts';
import type { Suite } from '../config/suite.ts';
import { dataError } from '../data-error.ts';
import { judgeQuery } from '../query/query-policy.ts';
import { plainSelect } from './plain-select.ts';

/** A step that makes a dataset, with what is known of it before it reads anything. */
export interface DataStep extends Pick<StepToRun<Step>, 'name' | 'step'> {
  /** The dataset that it makes. */
  readonly output: string;
  /** What its rows must meet. */
  readonly suite: Suite | undefined;
  /** Of SQL: its syntax tree, as the engine has it. */
  readonly tree: string | undefined;
}

/** Gives the engine's syntax tree of a statement, as JSON. */
export type Parse = (sql: string) => Promise<string>;

interface NamesRead {
  readonly names: readonly string[];
  readonly tree: string | undefined;
}

/** What was found of the steps of a configuration, which never change: a process that runs them again asks no engine. */
const known = new WeakMap<Step, NamesRead>();

/** What a step reads, by the names that it gives it. @throws TRS_DATA_QUERY_REFUSED when its SQL is not one SELECT over tables */
export async function namesRead(parse: Parse, step: Step, shown: string): Promise<NamesRead> {
  if (!isSqlStep(step)) return { names: [step.from], tree: undefined };
  const before = known.get(step);
  if (before) return before;
  const tree = await parse(plainSelect(step.sql));
  const verdict = judgeQuery(tree);
  if (verdict.refusal) {
    throw dataError('QUERY_REFUSED', {
      kind: 'invalid',
      message: `${shown}: the query holds ${verdict.refusal.what}.`,
      hint: verdict.refusal.hint,
    });
  }
  const found = { names: verdict.tables, tree };
  known.set(step, found);
  return found;
}
