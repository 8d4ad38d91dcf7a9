import {
  type AnyStepKind,
  type OpenSteps,
  type PipelineDefinition,
  type StepDefinition,
  type StepMaker,
  stepKinds,
} from '@trestle/contracts';
import type { Context, Scope } from '@trestle/kernel';
import { dataError } from './pipeline-error.ts';

/** A step of a known kind. */
export interface KnownStep {
  readonly kind: AnyStepKind;
  readonly step: StepDefinition;
}

/** Steps of a configuration never change: each is checked once, and is the same object to its kind in every run. */
const known = new WeakMap<object, KnownStep>();

/** A step as its kind's schema gives it. @throws TRS_DATA_PIPELINE when it is of no kind, of several, or not as its kind has it */
export function knownStep(
  scope: Pick<Scope, 'extensions'>,
  pipeline: PipelineDefinition,
  name: string,
): KnownStep {
  const told: object = Object(pipeline.steps[name]);
  const before = known.get(told);
  if (before) return before;
  const kinds = scope.extensions(stepKinds);
  const [kind, ...others] = kinds.filter(({ mark }) => Object.hasOwn(told, mark));
  const wrong = (what: string) =>
    dataError('PIPELINE', {
      kind: 'invalid',
      message: `The pipeline "${pipeline.name}" cannot run: step "${name}" ${what}.`,
      hint: `A step has one of these fields: ${kinds.map(({ mark }) => mark).join(', ')}.`,
      details: { pipeline: pipeline.name, step: name },
    });
  if (!kind) throw wrong('is of no kind');
  if (others.length > 0)
    throw wrong(`is of several kinds: ${[kind, ...others].map(({ mark }) => mark).join(', ')}`);
  const parsed = kind.schema.safeParse(told);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw wrong(`is not as a step of ${kind.name} is: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const found = { kind, step: parsed.data };
  known.set(told, found);
  return found;
}

/** Who makes the steps of one run: kinds that open the same share it. */
export interface StepMakers {
  of(kind: AnyStepKind): Promise<StepMaker>;
  /** Also a second time, which does nothing more. */
  close(): Promise<void>;
}

export function openMakers(ctx: Context): StepMakers {
  const opened = new Map<OpenSteps<never>, Promise<StepMaker<never>>>();
  return {
    async of(kind) {
      const open = await kind.load();
      const maker = opened.get(open) ?? open(ctx);
      opened.set(open, maker);
      // It gets steps that its own schema has given.
      return (await maker) as unknown as StepMaker;
    },
    async close() {
      await Promise.all([...opened.values()].map(async (maker) => (await maker).close()));
    },
  };
}
