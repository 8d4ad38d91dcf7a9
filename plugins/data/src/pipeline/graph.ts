import { didYouMean, type Scope } from '@trestle/kernel';
import { dataConfig } from '../data-config.ts';
import { dataError } from '../data-error.ts';
import { comparedReferences } from '../expectation/compared-versions.ts';
import type { Suite } from '../expectation/suite.ts';
import { judgeQuery } from '../query/query-policy.ts';
import { isSqlStep, type Pipeline, type Step } from './pipeline.ts';
import { plainSelect } from './plain-select.ts';

/** A step with what it reads: steps of the same pipeline, and datasets. */
export interface GraphStep {
  readonly name: string;
  readonly step: Step;
  /** The dataset that it makes. */
  readonly output: string;
  readonly inputs: readonly Read[];
  /** What its rows must meet, and what they are compared with for that. */
  readonly suite: Suite | undefined;
  readonly compares: readonly Read[];
  /** Of SQL: its syntax tree, as the engine has it. */
  readonly tree: string | undefined;
}

/** Gives the engine's syntax tree of a statement, as JSON. */
export type Parse = (sql: string) => Promise<string>;

/** A step of the same pipeline, or else a dataset reference. */
export interface Read {
  readonly name: string;
  readonly kind: 'step' | 'dataset';
}

/** @throws TRS_DATA_UNKNOWN_PIPELINE */
export function findPipeline(scope: Pick<Scope, 'config'>, name: string): Pipeline {
  const { pipelines } = scope.config(dataConfig);
  const found = pipelines.find((one) => one.name === name);
  if (found) return found;
  const names = pipelines.map((one) => one.name);
  throw dataError('UNKNOWN_PIPELINE', {
    kind: 'not-found',
    message: `There is no pipeline "${name}".${didYouMean(name, names)}`,
    hint:
      names.length === 0
        ? 'Pipelines stand in "data.pipelines" of the configuration.'
        : `Pipelines: ${names.join(', ')}.`,
  });
}

/**
 * The steps in an order in which each comes behind those that it reads.
 *
 * @throws TRS_DATA_PIPELINE for a circle, two steps with one output, or a name that is missing; TRS_DATA_QUERY_REFUSED
 */
export async function pipelineGraph(
  parse: Parse,
  pipeline: Pipeline,
  suites: ReadonlyMap<string, Suite> = new Map(),
): Promise<readonly GraphStep[]> {
  const asRead = (name: string): Read => ({
    name,
    kind: Object.hasOwn(pipeline.steps, name) ? 'step' : 'dataset',
  });
  const steps = new Map<string, GraphStep>();
  for (const [name, step] of Object.entries(pipeline.steps)) {
    const shown = `Step "${name}" of "${pipeline.name}"`;
    const { names, tree } = await namesRead(parse, step, shown);
    const inputs = names.map(asRead);
    if (step.incremental !== undefined && !inputs.some((input) => input.name === step.incremental)) {
      throw invalid(
        pipeline,
        `step "${name}" is incremental over "${step.incremental}", which it does not read`,
        `It reads ${inputs.map((input) => input.name).join(', ')}.`,
      );
    }
    const suite = suites.get(name);
    const compares = suite ? [...comparedReferences(suite).keys()].map(asRead) : [];
    const output = step.as ?? `${pipeline.name}.${name}`;
    steps.set(name, { name, step, output, inputs, suite, compares, tree });
  }
  checkOutputs(pipeline, [...steps.values()]);
  return ordered(pipeline, steps);
}

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

function checkOutputs(pipeline: Pipeline, steps: readonly GraphStep[]): void {
  for (const [index, step] of steps.entries()) {
    const other = steps.find((one, at) => at < index && one.output === step.output);
    if (other)
      throw invalid(
        pipeline,
        `the steps "${other.name}" and "${step.name}" make the same dataset "${step.output}"`,
        'Give one of them another name with "as".',
      );
    const reader = steps.find((one) =>
      one.inputs.some((input) => input.kind === 'dataset' && input.name.split('@')[0] === step.output),
    );
    if (reader)
      throw invalid(
        pipeline,
        `step "${reader.name}" reads the dataset "${step.output}", which step "${step.name}" makes`,
        `Read the step by its name: "${step.name}".`,
      );
    // A version by its number stays what it is; the newest would be another one after each run.
    const comparer = steps.find((one) =>
      one.compares.some(
        ({ kind, name }) => kind === 'dataset' && name.split('@')[0] === step.output && !/@\d+$/.test(name),
      ),
    );
    if (comparer)
      throw invalid(
        pipeline,
        `step "${comparer.name}" is compared with the dataset "${step.output}", which step "${step.name}" makes`,
        comparer === step
          ? `Compare with a version by its number: "${step.output}@1".`
          : `Compare with the step by its name, "${step.name}", or with a version by its number.`,
      );
    if (pipeline.triggers.datasets.includes(step.output))
      throw invalid(
        pipeline,
        `a new version of "${step.output}" starts it, and it makes one`,
        'Take the dataset out of triggers.datasets.',
      );
  }
}

function ordered(pipeline: Pipeline, steps: ReadonlyMap<string, GraphStep>): readonly GraphStep[] {
  const order: GraphStep[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (name: string, path: readonly string[]): void => {
    const step = steps.get(name);
    if (!step || state.get(name) === 'done') return;
    if (state.get(name) === 'open')
      throw invalid(
        pipeline,
        `its steps read each other in a circle: ${[...path.slice(path.indexOf(name)), name].join(' → ')}`,
        'One of them must read something else.',
      );
    state.set(name, 'open');
    for (const read of [...step.inputs, ...step.compares])
      if (read.kind === 'step') visit(read.name, [...path, name]);
    state.set(name, 'done');
    order.push(step);
  };
  for (const name of steps.keys()) visit(name, []);
  return order;
}

const invalid = (pipeline: Pipeline, what: string, hint: string) =>
  dataError('PIPELINE', {
    kind: 'invalid',
    message: `The pipeline "${pipeline.name}" cannot run: ${what}.`,
    hint,
    details: { pipeline: pipeline.name },
  });
