import { type Context, extensionPoint, type Scope } from '@trestle/kernel/spec';
import { z } from 'zod';
import { NAME_PATTERN } from './reference.ts';

export const pipelineNameSchema = z
  .string()
  .regex(NAME_PATTERN, 'use letters, digits, dots, dashes and underscores');

/** What every step of a pipeline may say, whatever its kind. */
export const stepFields = {
  /** How often a step that failed is tried again. */
  retries: z.number().int().min(0).max(10).default(0),
};

/** A step as its kind's schema gave it. */
export interface StepDefinition {
  readonly retries: number;
}

export const triggersSchema = z.strictObject({
  /** A cron line (croner's syntax), in UTC. */
  cron: z.string().optional(),
  /** Datasets of which a new version starts a run. */
  datasets: z.array(pipelineNameSchema).default([]),
  /** Deployments of which a drift alert starts a run. */
  drift: z.array(pipelineNameSchema).default([]),
});

/** The steps of a pipeline by their names, and what starts it. */
export const pipelinePartsSchema = <Step extends z.ZodType>(step: Step) =>
  z.strictObject({
    steps: z
      .record(pipelineNameSchema, step)
      .refine((steps) => Object.keys(steps).length > 0, 'a pipeline has at least one step'),
    triggers: triggersSchema.prefault({}),
  });

export interface PipelineDefinition {
  readonly name: string;
  readonly steps: Readonly<Record<string, unknown>>;
  readonly triggers: z.output<typeof triggersSchema>;
}

/** Pipelines that stand in the configuration of another plugin than the pipelines' own. */
export interface PipelineSource {
  list(scope: Pick<Scope, 'config'>): readonly PipelineDefinition[];
}

export const pipelineSources = extensionPoint<PipelineSource>('pipeline.sources');

/** A step of a pipeline, as its kind is asked about it. */
export interface StepToRun<Step extends StepDefinition = StepDefinition> {
  readonly pipeline: string;
  readonly name: string;
  readonly step: Step;
}

/** What a step reads and makes. A name that no step of the pipeline has is something outside of it. */
export interface StepFacts {
  /** What it reads. */
  readonly inputs: readonly string[];
  /** What its result is compared with. */
  readonly compares: readonly string[];
  /** The name under which others than steps know what it makes: no two steps make the same. */
  readonly output?: string | undefined;
}

/** What a step made, once it is durable. */
export interface StepOutcome {
  /** For a person: `features.words@3`. */
  readonly output?: string | undefined;
  readonly rows?: number | undefined;
  /** JSON: of a dataset at least `{ dataset, version }`, by which steps of any kind can read it. */
  readonly result: unknown;
}

/** What a step made. Steps behind it may begin before it is durable. */
export interface StepProduct {
  /** Waits until it is durable. @throws what kept it from being so */
  done(): Promise<StepOutcome>;
}

/** What a step reads and is compared with, by the names that it gives them. */
export interface StepReads {
  readonly inputs: ReadonlyMap<string, StepProduct>;
  readonly compared: ReadonlyMap<string, StepProduct>;
}

export interface StepProgress {
  /** Says how far it is: `3,000 rows`. */
  report(what: string): void;
  /** Called when what it makes can be read, and all that is left is to make it durable. */
  onMade?: ((product: StepProduct) => void) | undefined;
}

/** What there is to do for a step whose inputs are known, and why, in words. */
export type StepDecision = { readonly reason: string } & (
  | {
      readonly state: 'cached';
      readonly product: StepProduct;
      /** Makes what it made before what it makes now. */
      reuse(): Promise<StepProduct>;
    }
  | {
      readonly state: 'ran' | 'appended';
      /** Whatever fails before its end leaves nothing. */
      make(progress: StepProgress): Promise<StepProduct>;
    }
);

/** Makes the steps of one run, or says what a run would do. */
export interface StepMaker<Step extends StepDefinition = StepDefinition> {
  /** How many of its steps may run at once. */
  readonly atOnce: number;
  /** @throws what is wrong with the step, before anything runs */
  describe(step: StepToRun<Step>): Promise<StepFacts>;
  /** What a name outside of the pipeline stands for; the same for all steps of a run. */
  outside(name: string): Promise<StepProduct>;
  /** Changes nothing. Asked for steps that were described. */
  decide(step: StepToRun<Step>, reads: StepReads, isForced: boolean): Promise<StepDecision>;
  /** Also a second time, which does nothing more. */
  close(): Promise<void>;
}

/** Opens what the steps of one run share. */
export type OpenSteps<Step extends StepDefinition = StepDefinition> = (
  ctx: Context,
) => Promise<StepMaker<Step>>;

/** A kind of step: what it is told, and who makes it. */
export interface StepKind<Step extends StepDefinition = StepDefinition> {
  readonly name: string;
  /** The field by which a step is of this kind: no other kind has it. */
  readonly mark: string;
  readonly schema: z.ZodType<Step>;
  /** Loaded when such a step is first needed. Kinds that load the same function share what it opens. */
  readonly load: () => Promise<OpenSteps<Step>>;
}

/** A step kind whose steps are no longer known by type, as the runner holds it: its schema has checked what it gets. */
export interface AnyStepKind {
  readonly name: string;
  readonly mark: string;
  readonly schema: z.ZodType<StepDefinition>;
  readonly load: () => Promise<OpenSteps<never>>;
}

export const stepKinds = extensionPoint<AnyStepKind>('pipeline.stepKinds');
