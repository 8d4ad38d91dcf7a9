import { resource, resources, trackedRunSchema } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { sortInput, wantedInput } from './run-table.ts';
import { runTable, runViews } from './run-views.ts';

export const runList = operation({
  id: 'run.list',
  summary:
    'List runs of every kind (trainings, pipelines, retrainings, your own), the newest first or by any of their keys.',
  kind: 'query',
  access: 'training:read',
  resource: ({ experiment }) => resources({ experiment }),
  examples: [
    'trestle run list --kind pipeline --status failed',
    'trestle run list --experiment churn --where "param:depth>=6" --sort best:test/rocAuc',
  ],
  input: z.object({
    limit: z.number().int().min(1).max(1_000).default(50),
    ...wantedInput,
    ...sortInput,
    offset: z.number().int().min(0).max(10_000_000).default(0).describe('How many are left out before.'),
  }),
  output: z.object({
    runs: z.array(trackedRunSchema),
    total: z.number().int().describe('How many there are, whatever the limit.'),
  }),
  load: async () => {
    const { checkExperiment, checkKind, findRun, runsOf } = await import('../read-runs.ts');
    const { findRuns } = await import('../grid/find-runs.ts');
    return async (ctx, query) => {
      const { ids, total } = await findRuns(ctx, query);
      const runs = [...(await runsOf(ctx, ids))];
      if (total === 0 && query.parent !== undefined) await findRun(ctx, query.parent);
      if (total === 0 && query.kind !== undefined) await checkKind(ctx, query.kind);
      if (total === 0 && query.experiment !== undefined) await checkExperiment(ctx, query.experiment);
      return { runs, total };
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
