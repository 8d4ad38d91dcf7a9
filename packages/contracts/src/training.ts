import { type Context, token } from '@trestle/kernel/spec';
import { z } from 'zod';
import { durationTextSchema } from './duration.ts';
import { featureRecipeSchema } from './features.ts';
import { paramValueSchema } from './search.ts';

export const taskSchema = z.enum(['binary', 'multiclass', 'regression']);
export type Task = z.infer<typeof taskSchema>;

/** What a training was asked to do: enough to repeat it, on the same or on newer data. */
export const trainingSpecSchema = z.object({
  /** Dataset reference. */
  data: z.string(),
  target: z.string(),
  /** The name of an estimator, or `auto` for all of them. */
  estimator: z.string().min(1).default('auto'),
  task: z.enum(['auto', 'binary', 'multiclass', 'regression']).default('auto'),
  /** Columns that must not be features (identifiers, leaks of the outcome). */
  exclude: z.array(z.string()).default([]),
  /**
   * The held-out part, below 1: the latest rows with a time column, a seeded random part without. 0: none is, and every row is judged
   * by a model of the others (cross-validation).
   */
  test: z.number().min(0).lt(1).default(0.2),
  /** Into how many folds rows are dealt: all of them with `test` 0, else the training rows, on which candidates are judged. */
  folds: z.number().int().min(2).max(50).optional(),
  /** A column with the name of each row's part, instead of `test`; the part that `hold` names is held out. */
  splitColumn: z.string().optional(),
  /** A column whose rows of one value (a person, a site) stay together: in the held-out part, and in each fold. */
  group: z.string().optional(),
  timeColumn: z.string().optional(),
  /** How features are made of columns; the other columns are encoded in the usual way. */
  features: featureRecipeSchema.optional(),
  /** A split that was recorded, instead of `test` and the time column: a dataset reference. */
  split: z.string().optional(),
  /** Its part that is held out. */
  hold: z.string().default('test'),
  seed: z.number().int().default(42),
  /** So many settings are drawn besides the usual ones of each estimator; 1 draws none. */
  trials: z.number().int().min(1).max(1000).default(1),
  /** What one row may take in the model that is kept, with its unit. */
  inferLimit: durationTextSchema.optional(),
  /** What decides between candidates; by the task and how rare the positive class is when left out. */
  metric: z.string().optional(),
  /** The class of two that probabilities, precision and recall speak of; the usual word for yes, else the rarer one, when left out. */
  positive: z.string().optional(),
  /** From this probability on a row is of the positive class; `tuned`: where the metric is best on validation rows. */
  threshold: z.union([z.number().gt(0).lt(1), z.literal('tuned')]).default(0.5),
  /** `balanced`: rows count as if each class had as many. */
  classWeight: z.enum(['none', 'balanced']).default('none'),
  /** Whether the model that is packaged is fitted again, on all rows, behind the evaluation. */
  refit: z.enum(['yes', 'no']).default('yes'),
  /** What choosing and fitting may take, with its unit; without a word as long as it takes, a minute of `auto`. */
  budget: durationTextSchema.optional(),
  /** `fast`: the best candidate alone; `good`: of `auto` an ensemble of them. */
  quality: z.enum(['fast', 'good']).default('good'),
  /** What was never missing in training and is in a row to come: `impute` answers it and says so, `refuse` does not. */
  missing: z.enum(['impute', 'refuse']).default('impute'),
  /** What comes of columns that alone nearly tell the target. */
  leaks: z.enum(['warn', 'refuse']).default('warn'),
});
export type TrainingSpec = z.infer<typeof trainingSpecSchema>;

/** A class as it is known: of the rows that were said to be of it, and of those that are. */
const classReportSchema = z.object({
  precision: z.number(),
  recall: z.number(),
  f1: z.number(),
});

/** What the model says of each class on rows that it was not fitted to. */
export const classesReportSchema = z.object({
  /** In the order of rows (what they are) and columns (what they are said to be). */
  classes: z.array(z.string()),
  matrix: z.array(z.array(z.number())),
  each: z.array(classReportSchema.extend({ class: z.string(), rows: z.number() })),
  /** The means over the classes: each counts alike, however rare it is. */
  macro: classReportSchema,
});
export type ClassesReport = z.infer<typeof classesReportSchema>;

/** What the pictures of an evaluation on held-out rows are drawn from. */
export const picturesSchema = z.object({
  /** Of two classes, from the highest threshold down: how many of the rows at or above it are positive, and how many are not. */
  thresholds: z
    .object({
      at: z.array(z.number()),
      truePositives: z.array(z.number()),
      falsePositives: z.array(z.number()),
      positives: z.number(),
      negatives: z.number(),
    })
    .optional(),
  /** Of probabilities, in bins of as many rows each: what was said on average, and what share is positive. */
  calibration: z.array(z.object({ said: z.number(), is: z.number(), rows: z.number() })).optional(),
  /** Of numbers: some of the rows. */
  residuals: z
    .object({ predicted: z.array(z.number()), actual: z.array(z.number()), ofRows: z.number() })
    .optional(),
});
export type Pictures = z.infer<typeof picturesSchema>;

/** Metrics by name; null where one is no number (of a model that answers so). */
export const metricsSchema = z.record(z.string(), z.number().nullable());
export type Metrics = z.infer<typeof metricsSchema>;

export const runSchema = z.object({
  run: z.string(),
  status: z.enum(['running', 'succeeded', 'failed', 'interrupted', 'cancelled']),
  spec: trainingSpecSchema,
  task: taskSchema.optional(),
  /** The concrete dataset version that was read, `name@3`, and its digest. */
  dataset: z.string().optional(),
  datasetDigest: z.string().optional(),
  metrics: z.record(z.string(), metricsSchema),
  /** One entry per estimator that was tried. */
  candidates: z.array(
    z.object({
      /** `linear (penalty 10)`; runs of before have it as `estimator` alone. */
      name: z.string().optional(),
      estimator: z.string(),
      metrics: metricsSchema,
      /** How long it took to fit and to judge. */
      seconds: z.number().optional(),
      /** What was drawn for it, where it is one of the trials. */
      params: z.record(z.string(), paramValueSchema).optional(),
      /** What one row takes in a model of it alone, where that has a limit. */
      milliseconds: z.number().optional(),
      /** What it counts in an ensemble. */
      weight: z.number().optional(),
      chosen: z.boolean(),
    }),
  ),
  /** On which training rows they were judged (`5 folds`, `the latest fifth`), and how what was chosen did there. */
  validation: z.object({ how: z.string(), metrics: metricsSchema }).optional(),
  /** What decided between them, and why that. */
  metric: z.object({ name: z.string(), better: z.enum(['higher', 'lower']), why: z.string() }).optional(),
  /** Of two classes the one that probabilities speak of, and why that. */
  positive: z.object({ class: z.string(), why: z.string() }).optional(),
  /** Of two classes: from this probability on a row is of the positive one. */
  threshold: z.number().optional(),
  /** Whoever learns nothing: the share of each class, the mean or the median. */
  baseline: z.object({ name: z.string(), validation: metricsSchema, test: metricsSchema }).optional(),
  /** How each column reaches the model. */
  features: z.array(z.object({ name: z.string(), type: z.string(), encoding: z.string() })).optional(),
  /** Columns that alone nearly tell the target: how well, above the best guess without them. */
  leaks: z.array(z.object({ column: z.string(), score: z.number() })).optional(),
  /** Columns that do not, and why. */
  leftOut: z.array(z.object({ name: z.string(), reason: z.string() })).optional(),
  /** Of classes: how each is known on the held-out rows. */
  classes: classesReportSchema.optional(),
  /** What the pictures of its evaluation are drawn from. */
  pictures: picturesSchema.optional(),
  /** SHA-256 (hex) of the model package. */
  modelDigest: z.string().optional(),
  /** How the held-out part was chosen. */
  split: z
    .object({
      kind: z.enum(['time', 'random', 'recorded', 'column', 'group', 'folds']),
      /** Of cross-validation: how many folds. */
      folds: z.number().optional(),
      /** The first time of the held-out part, ISO 8601, or the number that stands for it. */
      boundary: z.string().optional(),
      trainRows: z.number(),
      testRows: z.number(),
    })
    .optional(),
  /** What was decided on the way: columns left out, rows dropped. */
  notes: z.array(z.string()).default([]),
  /** The validation score after each epoch, per estimator. */
  curves: z.record(z.string(), z.array(z.number())).default({}),
  environment: z.record(z.string(), z.string()).default({}),
  error: z.string().optional(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
});
export type Run = z.infer<typeof runSchema>;

/** Training and evaluation. Provided by the training plugin. */
export interface Training {
  /** Trains, evaluates on the held-out part, and packages; the run is recorded. */
  train(
    ctx: Context,
    spec: z.input<typeof trainingSpecSchema>,
    /** The run of which it is a part. */
    parent?: string,
  ): Promise<Run>;
  /** @throws TRS_TRAIN_UNKNOWN_RUN when no training has the id */
  run(id: string): Promise<Run>;
  /** The run's model package. */
  modelBytes(run: Run): Promise<Uint8Array>;
  /**
   * Several model packages on the very same rows: the part of `data` that `spec` holds out. One result per model, in order.
   */
  compare(
    ctx: Context,
    options: { readonly models: readonly Uint8Array[]; readonly spec: TrainingSpec },
  ): Promise<{ readonly rows: number; readonly metrics: readonly Metrics[] }>;
}

export const trainingToken = token<Training>('training.training');
