import type { FinishedStep, Job, JobHold, JobStep, JobStore } from '../job/job-store.ts';
import { jsonFault } from '../job/json-fault.ts';
import type { Logger } from '../operation/context.ts';
import { jobError } from './job-error.ts';
import { kernelError } from './kernel-error.ts';
import { inSpan } from './spans.ts';

/** The steps of one attempt at a job: those that finished in an earlier attempt are not done again. */
export interface Steps {
  run<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Takes the finished steps of another job as finished in this one. */
  takeOver(job: string): Promise<void>;
}

/** The job in which a handler runs, on this attempt. */
export interface RunningJob {
  readonly hold: JobHold;
  readonly steps: Steps;
}

const MAX_RESULT_CHARACTERS = 2 ** 20;

export function stepsOf(store: JobStore, job: Job, hold: JobHold, log: Logger): Steps {
  const begun = new Set<string>();
  let finished: Promise<ReadonlyMap<string, JobStep>> | undefined;
  const load = async (): Promise<ReadonlyMap<string, JobStep>> => {
    // A first attempt has none: the store is not asked.
    const steps = hold.generation === 1 ? [] : await store.steps(job.id);
    return new Map(steps.map((step) => [step.name, step]));
  };
  const keep = async (step: FinishedStep | JobStep): Promise<void> => {
    if (!(await store.keepStep(hold, step))) throw jobError('lost', job.id);
  };
  return {
    async run<T>(name: string, work: () => Promise<T>): Promise<T> {
      if (begun.has(name)) throw stepTwice(job.operation, name);
      begun.add(name);
      finished ??= load();
      const known = (await finished).get(name);
      if (known) {
        log.debug('a step is remembered', { job: job.id, step: name, finishedAt: known.finishedAt });
        // The step of this name gave it, at an earlier attempt.
        return known.result as T;
      }
      const startedAt = performance.now();
      const made = await inSpan(`step ${name}`, { 'trestle.job': job.id, 'trestle.step': name }, work);
      const result = asJson(job.operation, name, made);
      await keep({ name, result, tookMs: Math.round(performance.now() - startedAt) });
      return result as T;
    },
    async takeOver(other) {
      const steps = await store.steps(other);
      log.debug('the steps of another job are taken over', { job: job.id, from: other, steps: steps.length });
      for (const step of steps) await keep(step);
      finished = Promise.resolve(new Map(steps.map((step) => [step.name, step])));
    },
  };
}

/** Steps where there is no job: nothing is kept, but a name that is used twice is refused here too. */
export function looseSteps(operation: string): Pick<Steps, 'run'> {
  const begun = new Set<string>();
  return {
    async run(name, work) {
      if (begun.has(name)) throw stepTwice(operation, name);
      begun.add(name);
      return await work();
    },
  };
}

/** The value as it will be read back, so that a first attempt and a later one go on with the same. */
function asJson(operation: string, name: string, value: unknown): unknown {
  if (value === undefined) return undefined;
  const fault = jsonFault(value);
  if (fault !== undefined) throw stepResult(operation, name, fault);
  const text = JSON.stringify(value);
  if (text.length > MAX_RESULT_CHARACTERS)
    throw stepResult(
      operation,
      name,
      `it has ${text.length} characters, and ${MAX_RESULT_CHARACTERS} are kept`,
    );
  return JSON.parse(text);
}

const stepTwice = (operation: string, name: string) =>
  kernelError('STEP_TWICE', {
    kind: 'failed',
    message: `${operation}: the step "${name}" was begun twice in one job.`,
    hint: 'Each step needs a name of its own: what finished is found by it again.',
    details: { operation, step: name },
  });

const stepResult = (operation: string, name: string, fault: string) =>
  kernelError('STEP_RESULT', {
    kind: 'failed',
    message: `${operation}: the result of the step "${name}" cannot be kept: ${fault}.`,
    hint: 'Give plain JSON back; put content into a blob, and give its digest.',
    details: { operation, step: name },
  });
