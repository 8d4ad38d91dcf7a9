import {
  columnTypeSchema,
  type OpenSteps,
  pipelineNameSchema,
  pipelinePartsSchema,
  type StepKind,
  stepFields,
} from '@trestle/contracts';
import { z } from 'zod';
import { parameterSchema } from './parameter.ts';
import { expectationSchema } from './suite.ts';

const typedColumns = z.record(z.string(), columnTypeSchema);

const common = {
  /** The dataset that the step makes; `PIPELINE.STEP` when left out. */
  as: pipelineNameSchema.optional(),
  /** What the rows must meet before they become a version: expectations, or a file with them. */
  expect: z.union([z.array(expectationSchema).min(1), z.string()]).optional(),
  ...stepFields,
  /** Of SQL: `$name`. Of a function: its second argument. */
  params: z.record(z.string(), parameterSchema).default({}),
  /**
   * The input of which rows can be worked on alone: when nothing but rows was appended to it since, only those are read, and
   * what becomes of them is appended to the output.
   */
  incremental: z.string().optional(),
};

/** Rows by a SELECT. A name in FROM is a step of this pipeline, or else a dataset (`strikes`, `"strikes@3"`). */
export const sqlStepSchema = z.strictObject({
  sql: z.string().min(1),
  /** Columns that must come out, with their types; whatever comes out when left out. */
  writes: typedColumns.optional(),
  ...common,
});

/** Rows by a TypeScript function, run in a thread: `module` exports a `rowStep` or `batchStep` as its default. */
export const moduleStepSchema = z.strictObject({
  /** A step of this pipeline, or a dataset reference. */
  from: z.string().min(1),
  /** A file, relative to the project. */
  module: z.string().min(1),
  /** Rows that the function gets at once. */
  batchRows: z.number().int().min(1).max(1_000_000).default(8_192),
  ...common,
});

export const stepSchema = z.union([sqlStepSchema, moduleStepSchema], {
  error: 'a step has either "sql", or "from" and "module", and fields of their types',
});
export type SqlStep = z.output<typeof sqlStepSchema>;
export type ModuleStep = z.output<typeof moduleStepSchema>;
export type Step = SqlStep | ModuleStep;

export const pipelineSchema = pipelinePartsSchema(stepSchema).extend({ name: pipelineNameSchema });
export type Pipeline = z.output<typeof pipelineSchema>;

/** Describes a pipeline, for `data.pipelines` of the configuration. Plain data: JSON does as well. */
export const pipeline = (
  name: string,
  parts: Omit<z.input<typeof pipelineSchema>, 'name'>,
): z.input<typeof pipelineSchema> => ({ name, ...parts });

export const isSqlStep = (step: Step): step is SqlStep => 'sql' in step;

const load = async (): Promise<OpenSteps<Step>> => (await import('../pipeline/data-steps.ts')).openDataSteps;

export const sqlKind: StepKind<SqlStep> = { name: 'sql', mark: 'sql', schema: sqlStepSchema, load };
export const moduleKind: StepKind<ModuleStep> = {
  name: 'module',
  mark: 'module',
  schema: moduleStepSchema,
  load,
};
