import { resource, resources, runStatusSchema, trackedRunSchema } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { runTable, runViews } from './run-views.ts';

export const runList = operation({
  id: 'run.list',
  summary: 'List runs of every kind (trainings, pipelines, retrainings, your own), the newest first.',
  kind: 'query',
  access: 'training:read',
  resource: ({ experiment }) => resources({ experiment }),
  examples: ['trestle run list', 'trestle run list --kind pipeline --status failed'],
  input: z.object({
    limit: z.number().int().min(1).max(1_000).default(50),
    kind: z
      .string()
      .max(100)
      .optional()
      .describe('Only runs of this kind: training, pipeline, retraining, custom.'),
    experiment: z.string().max(200).optional().describe('Only runs of this experiment.'),
    parent: z.string().max(200).optional().describe('Only parts of this run.'),
    status: runStatusSchema.optional().describe('Only runs with this status.'),
  }),
  output: z.object({ runs: z.array(trackedRunSchema) }),
  load: async () => {
    const { checkExperiment, checkKind, findRun, listRuns } = await import('../read-runs.ts');
    return async (ctx, query) => {
      const runs = [...(await listRuns(ctx, query))];
      if (runs.length === 0 && query.parent !== undefined) await findRun(ctx, query.parent);
      if (runs.length === 0 && query.kind !== undefined) await checkKind(ctx, query.kind);
      if (runs.length === 0 && query.experiment !== undefined) await checkExperiment(ctx, query.experiment);
      return { runs };
    };
  },
  present: ({ runs }) => runTable(runs),
});

export const runShow = operation({
  id: 'run.show',
  summary: 'Show a run: its settings, steps, metrics and series.',
  kind: 'query',
  access: 'training:read',
  resource: ({ run }) => resource('run', run),
  positionals: ['run'],
  examples: ['trestle run show r-019ad4f0-7c11-7a2e-9b51-5f0f6a3e2d10'],
  input: z.object({ run: z.string().describe('The run, r-….') }),
  output: trackedRunSchema.safeExtend({
    /** Each series of more than one value; of a training the validation score after each epoch, per estimator. */
    curves: z.record(z.string(), z.array(z.number())),
    /** Those of them that are long: the least and the greatest value of each stretch of steps. */
    thinned: z.array(z.string()).optional(),
  }),
  load: async () => {
    const { findRun } = await import('../read-runs.ts');
    const { curvesOf } = await import('../read-series.ts');
    return async (ctx, { run: id }) => {
      const run = await findRun(ctx, id);
      const { curves, thinned } = await curvesOf(ctx, id);
      const named = (name: string): string => name.replace(/^validation\//, '');
      return {
        ...run,
        curves: Object.fromEntries(Object.entries(curves).map(([name, values]) => [named(name), values])),
        ...(thinned.length === 0 ? {} : { thinned: thinned.map(named) }),
      };
    };
  },
  present: runViews,
});
