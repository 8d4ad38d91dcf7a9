import { type Context, token } from '@trestle/kernel/spec';
import { z } from 'zod';
import { runSchema } from './training.ts';

export const runStatusSchema = z.enum(['running', 'succeeded', 'failed', 'interrupted', 'cancelled']);
export type RunStatus = z.infer<typeof runStatusSchema>;

/** One step of a run, as far as it came. */
export const runStepSchema = z.looseObject({
  step: z.string(),
  state: z.string(),
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
});
export type RunStep = z.infer<typeof runStepSchema>;

const training = runSchema.shape;

/** A measurement that JSON has no number for. */
export const specialNumberSchema = z.literal(['NaN', 'Infinity', '-Infinity']);

/** A run of any kind. What only some kinds have stands beside what all have, and more may: a plugin's kind brings its own. */
export const trackedRunSchema = z.looseObject({
  /** `r-…`; ids of a later run sort behind. */
  run: z.string(),
  /** `training`, `pipeline`, `retraining`, `custom`, or what a plugin calls its own. */
  kind: z.string(),
  experiment: z.string(),
  status: runStatusSchema,
  /** The run of which it is a part. */
  parent: z.string().optional(),
  /** The job that did it last. */
  job: z.string().optional(),
  params: z.record(z.string(), z.unknown()),
  /** The last value of each series, null where that is no number; `test/rocAuc` is `metrics.test.rocAuc`. */
  metrics: z.record(
    z.string(),
    z.union([z.number().nullable(), z.record(z.string(), z.number().nullable())]),
  ),
  /** Measurements that are no numbers: how many a series has of each, and the step of the first. */
  specialValues: z
    .array(
      z.object({
        name: z.string(),
        value: specialNumberSchema,
        points: z.number().int(),
        firstStep: z.number().int(),
      }),
    )
    .optional(),
  tags: z.record(z.string(), z.string()),
  notes: z.array(z.string()),
  artifacts: z.array(
    z.object({
      name: z.string(),
      digest: z.string(),
      bytes: z.number(),
      /** When its content was removed, of a run that was deleted. */
      freedAt: z.string().optional(),
    }),
  ),
  steps: z.array(runStepSchema),
  error: z.string().optional(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
  /** When its process was last heard, where that is too long ago: killed, or cut off. It may be taken up again. */
  lastHeardAt: z.string().optional(),
  /** Which code it ran, of a run that a script logs: the script, its arguments, the commit, and whether files differed from it. */
  code: z.record(z.string(), z.unknown()).optional(),
  /** Why the record of the run cannot be read; what stands here is all that can. */
  unreadable: z.string().optional(),
  // Of a training.
  spec: training.spec.optional(),
  task: training.task,
  dataset: training.dataset,
  datasetDigest: training.datasetDigest,
  candidates: training.candidates.optional(),
  validation: training.validation,
  metric: training.metric,
  positive: training.positive,
  threshold: training.threshold,
  baseline: training.baseline,
  features: training.features,
  leftOut: training.leftOut,
  leaks: training.leaks,
  classes: training.classes,
  pictures: training.pictures,
  modelDigest: training.modelDigest,
  split: training.split,
  environment: training.environment.removeDefault().optional(),
});
export type TrackedRun = z.infer<typeof trackedRunSchema>;

/** What a run is when it begins. */
export interface NewRun {
  readonly kind: string;
  readonly experiment: string;
  readonly parent?: string | undefined;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  /** What its kind has beside what every run has; JSON. */
  readonly facts?: Readonly<Record<string, unknown>> | undefined;
  readonly notes?: readonly string[] | undefined;
  /** What goes into it, as lineage: `dataset:strikes@3`, `trained`. */
  readonly madeFrom?: readonly { readonly ref: string; readonly kind: string }[] | undefined;
}

/** How a run ends. */
export interface RunEnd {
  readonly status: Exclude<RunStatus, 'running'>;
  readonly error?: string | undefined;
  readonly facts?: Readonly<Record<string, unknown>> | undefined;
  readonly notes?: readonly string[] | undefined;
  readonly metrics?: Readonly<Record<string, number>> | undefined;
}

/** A run that is under way. What it is told is kept soon, in rows that are only added; `end` keeps the rest. */
export interface RunRecorder {
  readonly run: string;
  /** Adds one value to each series. */
  log(metrics: Readonly<Record<string, number>>, at?: number): void;
  /** Says how far a step is; whoever looks sees it soon. */
  mark(step: string, values: Readonly<Record<string, unknown>> & { readonly state?: string }): void;
  /** Does a step once in the job (`ctx.step`), and shows it as a step of the run. */
  step<T>(name: string, work: (ctx: Context) => Promise<T>): Promise<T>;
  /** Keeps content with the run: it is freed with it. */
  artifact(name: string, content: Uint8Array): Promise<{ readonly digest: string; readonly bytes: number }>;
  /** Writes what was told and not yet kept. */
  flush(): Promise<void>;
  end(end: RunEnd): Promise<TrackedRun>;
  /** Ends it by what was thrown: interrupted, cancelled or failed. */
  fail(thrown: unknown): Promise<void>;
}

export interface RunQuery {
  readonly kind?: string | undefined;
  readonly experiment?: string | undefined;
  readonly status?: RunStatus | undefined;
  /** The run of which they are a part. */
  readonly parent?: string | undefined;
  readonly limit: number;
}

/** Experiments and runs. Provided by the tracking plugin. */
export interface Tracking {
  /** Begins a run; where the job that did it before is taken up again, it is that run again. */
  begin(ctx: Context, run: NewRun): Promise<RunRecorder>;
  /** @throws TRS_TRAIN_UNKNOWN_RUN */
  get(run: string): Promise<TrackedRun>;
  /** The newest first. */
  list(query: RunQuery): Promise<readonly TrackedRun[]>;
  /** The series of a run that have more than one value: their values, in order. */
  series(run: string): Promise<Readonly<Record<string, readonly number[]>>>;
}

export const trackingToken = token<Tracking>('tracking.runs');
