import { createHash } from 'node:crypto';
import {
  datasetVersionSchema,
  modelVersionSchema,
  type OpenSteps,
  pipelineNameSchema,
  type StepDecision,
  type StepKind,
  type StepOutcome,
  type StepProduct,
  type StepReads,
  type StepToRun,
  stepFields,
} from '@trestle/contracts';
import { type AnyOperation, type Context, didYouMean, type Operation, pluginsToken } from '@trestle/kernel';
import { canonicalJson, metadataToken } from '@trestle/store';
import { z } from 'zod';
import { pipelineError } from './pipeline-error.ts';
import type { PipelineTables } from './pipeline-tables.ts';

/** A call of an operation of any plugin, with what earlier steps made in its input. */
const operationStepSchema = z.strictObject({
  /** Its id: `train`, `registry.register`. */
  operation: z.string().min(1),
  /** `{ $step: 'train', take: 'run' }` stands for a field of what a step gave, without `take` for the name of what it made. */
  input: z.record(z.string(), z.unknown()).default({}),
  /** Steps that come first, although nothing of theirs is in the input. */
  after: z.array(pipelineNameSchema).default([]),
  /** Not again while its input is what it was: for what gives the same again, as a training does, and an alias does not. */
  once: z.boolean().default(false),
  ...stepFields,
});
type OperationStep = z.output<typeof operationStepSchema>;

export const operationStep: StepKind<OperationStep> = {
  name: 'operation',
  mark: 'operation',
  schema: operationStepSchema,
  load: async () => openOperationSteps,
};

const referenceSchema = z.strictObject({ $step: z.string().min(1), take: z.string().min(1).optional() });

/** What stands in an input for what a step made, or gave in one of its fields: `made('train', 'run')`. */
export const made = (step: string, take?: string): z.output<typeof referenceSchema> =>
  take === undefined ? { $step: step } : { $step: step, take };

const openOperationSteps: OpenSteps<OperationStep> = async (ctx) => {
  const operations = (await ctx.service(pluginsToken)).flatMap((plugin) => plugin.operations ?? []);
  return {
    // A training, a verification and the like have the whole machine to themselves.
    atOnce: 1,
    async describe(toRun) {
      const { step } = toRun;
      const operation = findOperation(operations, toRun);
      const fields = Object.keys(operation.input.shape);
      const unknown = Object.keys(step.input).find((field) => !fields.includes(field));
      if (unknown !== undefined)
        throw wrong(
          toRun,
          `gives "${unknown}" to ${operation.id}, which takes no such field${didYouMean(unknown, fields)}`,
          `It takes ${fields.join(', ')}.`,
        );
      const inputs = [...new Set([...referencesIn(step.input).map((one) => one.$step), ...step.after])];
      return { inputs, compares: [] };
    },
    async outside(name) {
      throw pipelineError('STEP_MISSING', {
        kind: 'invalid',
        message: `There is no step "${name}".`,
        hint: 'An operation reads steps of its own pipeline; the name of a dataset or model stands in its input as it is.',
      });
    },
    async decide(toRun, reads, isForced) {
      const operation = findOperation(operations, toRun);
      const input = await filled(toRun, toRun.step.input, reads);
      return await decided(ctx, operation, toRun, Object(input), isForced);
    },
    async close() {},
  };
};

async function decided(
  ctx: Context,
  operation: AnyOperation,
  toRun: StepToRun<OperationStep>,
  input: Record<string, unknown>,
  isForced: boolean,
): Promise<StepDecision> {
  const { pipeline, name, step } = toRun;
  const make = async (): Promise<StepProduct> => {
    ctx.signal.throwIfAborted();
    const result = await call(ctx, operation, toRun, input);
    if (step.once) await remember(ctx, toRun, keyOf(toRun, input), result);
    return productOf(result);
  };
  if (isForced) return { state: 'ran', reason: 'it was asked for', make };
  if (!step.once) return { state: 'ran', reason: 'it runs every time', make };
  const metadata = await ctx.service(metadataToken);
  const before = await metadata
    .query<PipelineTables>()
    .selectFrom('pipeline_results')
    .select(['key', 'result'])
    .where('pipeline', '=', pipeline)
    .where('step', '=', name)
    .execute();
  const same = before.find(({ key }) => key === keyOf(toRun, input));
  if (!same)
    return {
      state: 'ran',
      reason: before.length === 0 ? 'it never ran' : 'what it is given changed',
      make,
    };
  const product = productOf(JSON.parse(same.result));
  return {
    state: 'cached',
    reason: 'nothing that it follows from changed',
    product,
    reuse: async () => product,
  };
}

async function call(
  ctx: Context,
  operation: AnyOperation,
  toRun: StepToRun<OperationStep>,
  input: Record<string, unknown>,
): Promise<unknown> {
  // Its types are not known here; the host checks the input and the output by its schemas.
  const result: unknown = await ctx.call(operation as unknown as Operation, input);
  if (operation.verdict?.(result as never) !== false) return result;
  throw pipelineError('STEP_REFUSED', {
    kind: 'refused',
    message: `Step "${toRun.name}" of "${toRun.pipeline}": ${operation.id} said no.`,
    hint: `What it found: trestle ${operation.id.replaceAll('.', ' ')} with the same input.`,
    details: { step: toRun.name, operation: operation.id },
  });
}

const keyOf = ({ pipeline, name, step }: StepToRun<OperationStep>, input: unknown): string =>
  createHash('sha256')
    .update(canonicalJson({ pipeline, name, operation: step.operation, input }))
    .digest('hex');

async function remember(
  ctx: Context,
  { pipeline, name }: StepToRun,
  key: string,
  result: unknown,
): Promise<void> {
  const metadata = await ctx.service(metadataToken);
  const values = {
    pipeline,
    step: name,
    result: JSON.stringify(result),
    made_at: new Date().toISOString(),
  };
  await metadata.write<PipelineTables, void>(async (db) => {
    await db
      .insertInto('pipeline_results')
      .values({ key, ...values })
      .onConflict((conflict) => conflict.column('key').doUpdateSet(values))
      .execute();
  });
}

const datasetSchema = datasetVersionSchema.pick({ dataset: true, version: true, rows: true });
const modelSchema = modelVersionSchema.pick({ name: true, version: true, digest: true });

/** Only of a version of a dataset or a model it is known how others name it. */
function productOf(result: unknown): StepProduct {
  const dataset = datasetSchema.safeParse(result).data;
  const model = modelSchema.safeParse(result).data;
  const outcome: StepOutcome = {
    result,
    ...(model ? { output: `${model.name}@${model.version}` } : {}),
    ...(dataset ? { output: `${dataset.dataset}@${dataset.version}`, rows: dataset.rows } : {}),
  };
  return { done: async () => outcome };
}

function referencesIn(value: unknown): readonly z.output<typeof referenceSchema>[] {
  if (typeof value !== 'object' || value === null) return [];
  const reference = referenceSchema.safeParse(value);
  return reference.success ? [reference.data] : Object.values(value).flatMap(referencesIn);
}

/** An input in which what stands for results of steps is these results. */
async function filled(toRun: StepToRun, value: unknown, reads: StepReads): Promise<unknown> {
  if (typeof value !== 'object' || value === null) return value;
  const reference = referenceSchema.safeParse(value).data;
  if (reference) return await taken(toRun, reference, reads);
  if (Array.isArray(value)) return await Promise.all(value.map((one) => filled(toRun, one, reads)));
  const fields = Object.entries(value).map(async ([name, one]) => [name, await filled(toRun, one, reads)]);
  return Object.fromEntries(await Promise.all(fields));
}

async function taken(
  toRun: StepToRun,
  { $step, take }: z.output<typeof referenceSchema>,
  reads: StepReads,
): Promise<unknown> {
  const { output, result } = (await reads.inputs.get($step)?.done()) ?? { result: undefined };
  const fields: Readonly<Record<string, unknown>> = Object(result);
  const found = take === undefined ? output : fields[take];
  if (found !== undefined) return found;
  const what = take === undefined ? 'made nothing that has a name' : `gave no "${take}"`;
  throw wrong(
    toRun,
    `reads step "${$step}", which ${what}`,
    `Say which field to take; it gave ${Object.keys(fields).join(', ') || 'none'}.`,
  );
}

function findOperation(operations: readonly AnyOperation[], toRun: StepToRun<OperationStep>): AnyOperation {
  const { operation: id } = toRun.step;
  const found = operations.find((one) => one.id === id);
  if (found) return found;
  const ids = operations.map((one) => one.id);
  throw wrong(
    toRun,
    `calls "${id}", which is no operation${didYouMean(id, ids)}`,
    'Operations are called as on the command line, with dots: registry.register.',
  );
}

const wrong = ({ pipeline, name }: StepToRun, what: string, hint: string) =>
  pipelineError('STEP', {
    kind: 'invalid',
    message: `Step "${name}" of "${pipeline}" ${what}.`,
    hint,
    details: { pipeline, step: name },
  });
