import type { PipelineDefinition, StepMaker, StepToRun } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { dataError } from './pipeline-error.ts';
import { knownStep, type StepMakers } from './step-makers.ts';

/** A step with what it reads: steps of the same pipeline, and datasets. */
export interface GraphStep extends StepToRun {
  readonly kind: string;
  readonly maker: StepMaker;
  /** The dataset that it makes, if it makes one. */
  readonly output: string | undefined;
  readonly inputs: readonly Read[];
  /** What its result is compared with. */
  readonly compares: readonly Read[];
}

/** A step of the same pipeline, or else something outside of it: a dataset reference. */
export interface Read {
  readonly name: string;
  readonly kind: 'step' | 'dataset';
}

/**
 * The steps in an order in which each comes behind those that it reads.
 *
 * @throws TRS_DATA_PIPELINE for a circle, two steps with one output, or a name that is missing, and what the kinds find wrong
 */
export async function pipelineGraph(
  scope: Pick<Scope, 'extensions'>,
  makers: StepMakers,
  pipeline: PipelineDefinition,
): Promise<readonly GraphStep[]> {
  const asRead = (name: string): Read => ({
    name,
    kind: Object.hasOwn(pipeline.steps, name) ? 'step' : 'dataset',
  });
  const steps = new Map<string, GraphStep>();
  for (const name of Object.keys(pipeline.steps)) {
    const { kind, step } = knownStep(scope, pipeline, name);
    const maker = await makers.of(kind);
    const toRun = { pipeline: pipeline.name, name, step };
    const { inputs, compares, output } = await maker.describe(toRun);
    steps.set(name, {
      ...toRun,
      kind: kind.name,
      maker,
      output,
      inputs: inputs.map(asRead),
      compares: compares.map(asRead),
    });
  }
  checkOutputs(pipeline, [...steps.values()]);
  return ordered(pipeline, steps);
}

function checkOutputs(pipeline: PipelineDefinition, steps: readonly GraphStep[]): void {
  for (const [index, step] of steps.entries()) {
    if (step.output === undefined) continue;
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

function ordered(pipeline: PipelineDefinition, steps: ReadonlyMap<string, GraphStep>): readonly GraphStep[] {
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

const invalid = (pipeline: PipelineDefinition, what: string, hint: string) =>
  dataError('PIPELINE', {
    kind: 'invalid',
    message: `The pipeline "${pipeline.name}" cannot run: ${what}.`,
    hint,
    details: { pipeline: pipeline.name },
  });
