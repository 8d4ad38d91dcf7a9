import { NAME_PATTERN, searchSpaceSchema, trainingSpecSchema } from '@trestle/contracts';
import { z } from 'zod';

/** As many trials at once as a machine may have cores. */
const MAX_WORKERS = 256;

/** A search: what is tried, how, and what decides. */
export const sweepConfigSchema = z
  .strictObject({
    experiment: z.string().min(1).max(200),
    /** A module that exports `train(params, run)`, relative to this file. */
    module: z.string().optional(),
    /** Or a training on a dataset, as `trestle train` takes it; parameters stand in its place by their names. */
    training: z.record(z.string(), z.unknown()).optional(),
    metric: z.strictObject({ name: z.string().min(1), better: z.enum(['lower', 'higher']) }),
    space: searchSpaceSchema.refine((space) => Object.keys(space).length > 0, 'it has no parameters'),
    trials: z.number().int().min(1).max(100_000),
    strategy: z.string().default('tpe'),
    prune: z.string().default('none'),
    /** Trials at once, each in a process of its own. */
    workers: z.number().int().min(1).max(MAX_WORKERS).default(1),
    seed: z
      .number()
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .default(42),
    /** Registers the model of the best trial under this name. */
    register: z.string().regex(NAME_PATTERN).optional(),
  })
  .refine(
    ({ module, training }) => (module === undefined) !== (training === undefined),
    'it must have either a module or a training',
  );
export type SweepConfig = z.output<typeof sweepConfigSchema>;

/** Fields of a training that a search may vary. */
export const isTrainingField = (name: string): boolean => Object.hasOwn(trainingSpecSchema.shape, name);

/** Writes a search with its types: the default export of a `sweep.config.ts`. */
export const defineSweep = (config: z.input<typeof sweepConfigSchema>): z.input<typeof sweepConfigSchema> =>
  config;

/** What a parameter of the space is, in the types of `train`. */
type ValueOf<P> = P extends { readonly type: 'choice'; readonly values: readonly (infer V)[] } ? V : number;
type ParamsOf<S> = {
  readonly [Name in keyof S]: S[Name] extends { readonly when: object }
    ? ValueOf<S[Name]> | undefined
    : ValueOf<S[Name]>;
};

/** The run of a trial, as its module sees it. */
export interface TrialRun {
  /** Counts from 0. */
  readonly trial: number;
  /** Of this trial alone, from that of the search. */
  readonly seed: number;
  /** A folder of its own, removed afterwards. */
  readonly dir: string;
  /** Adds one value to each series; by the one that decides a trial may be ended. Between two of them give way (`await`), or it is ended late. */
  log(metrics: Readonly<Record<string, number>>, options?: { readonly step?: number }): void;
  /** Keeps a file with the run of the trial. */
  artifact(path: string, options?: { readonly name?: string }): void;
}

/** What a training of one's own gives: metrics at its end, and the file of a model, if there is one. */
export interface TrialResult {
  readonly metrics?: Readonly<Record<string, number>>;
  /** An ONNX file or model package, which `register` takes. */
  readonly model?: string;
}

type Trained = TrialResult | undefined;

/** Writes a training of one's own with the types of its space: what a module exports as `train`. */
export const defineTrainer =
  <const S extends Readonly<Record<string, z.input<typeof searchSpaceSchema>[string]>>>(
    _space: S,
    train: (params: ParamsOf<S>, run: TrialRun) => Promise<Trained> | Trained,
  ): ((params: ParamsOf<S>, run: TrialRun) => Promise<Trained>) =>
  async (params, run) =>
    await train(params, run);
