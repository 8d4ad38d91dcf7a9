import { basename, resolve } from 'node:path';
import process from 'node:process';
import { createJiti } from 'jiti';
import { z } from 'zod';
import type { TrialRun } from './sweep-config.ts';
import type { TrialTask, TrialTold } from './trial-messages.ts';

// A process for each trial: what one of them breaks is broken for that one alone.

const tell = (told: TrialTold): void => void process.send?.(told);

/** A trial without the search that waits for it is for nobody. */
process.once('disconnect', () => process.exit(1));

const metricsSchema = z.record(
  z.string(),
  z
    .number()
    .or(z.nan())
    .or(z.literal([Infinity, -Infinity])),
);
const resultSchema = z
  .looseObject({ metrics: metricsSchema.optional(), model: z.string().optional() })
  .optional();

process.once('message', (task: TrialTask) => {
  train(task).then(
    (told) => process.send?.(told, () => process.exit(0)),
    (thrown: unknown) => process.send?.(failure(thrown), () => process.exit(1)),
  );
});

async function train({ module, params, ...task }: TrialTask): Promise<TrialTold> {
  const loaded: unknown = await createJiti(module, { fsCache: false }).import(module);
  const exported = moduleSchema.safeParse(loaded);
  if (!exported.success) return failure(`${module} exports no function "train".`);
  const run: TrialRun = {
    ...task,
    log: (metrics, options = {}) =>
      tell({ kind: 'log', metrics: metricsSchema.parse(metrics), step: options.step }),
    artifact: (path, options = {}) =>
      tell({ kind: 'artifact', path: resolve(path), name: options.name ?? basename(path) }),
  };
  const result = resultSchema.parse((await exported.data.train(params, run)) ?? undefined);
  const { metrics = {}, model } = result ?? {};
  return { kind: 'done', metrics, model: model === undefined ? undefined : resolve(model) };
}

const moduleSchema = z.looseObject({
  train: z.custom<(params: TrialTask['params'], run: TrialRun) => unknown>(
    (value) => typeof value === 'function',
  ),
});

function failure(thrown: unknown): TrialTold {
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return { kind: 'failed', message: message.slice(0, 4_000) };
}
