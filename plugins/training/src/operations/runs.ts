import { runSchema } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';

export const runList = operation({
  id: 'run.list',
  summary: 'List training runs, the newest first.',
  kind: 'query',
  access: 'training:read',
  input: z.object({ limit: z.number().int().min(1).max(1_000).default(50) }),
  output: z.object({ runs: z.array(runSchema.omit({ curves: true })) }),
  load: async () => {
    const { listRuns } = await import('../run/runs.ts');
    return async (ctx, { limit }) => ({ runs: [...(await listRuns(ctx, limit))] });
  },
  present: ({ runs }) => [
    {
      kind: 'table',
      columns: [
        { key: 'run', label: 'run' },
        { key: 'status', label: 'status' },
        { key: 'dataset', label: 'dataset' },
        { key: 'target', label: 'target' },
        { key: 'chosen', label: 'estimator' },
        { key: 'score', label: 'held out' },
        { key: 'startedAt', label: 'started' },
      ],
      rows: runs.map((run) => ({
        run: run.run,
        status: run.status,
        dataset: run.dataset,
        target: run.spec.target,
        chosen: run.candidates.find((one) => one.chosen)?.estimator,
        score: Object.entries(run.metrics.test ?? {})
          .slice(0, 2)
          .map(([name, value]) => `${name} ${value.toFixed(3)}`)
          .join(', '),
        startedAt: run.startedAt,
      })),
    },
  ],
});

export const runShow = operation({
  id: 'run.show',
  summary: 'Show a run: its settings, candidates, metrics and learning curves.',
  kind: 'query',
  access: 'training:read',
  positionals: ['run'],
  examples: ['trestle run show r-wwa75mv2d5'],
  input: z.object({ run: z.string().describe('The run, r-….') }),
  output: runSchema,
  load: async () => {
    const { findRun } = await import('../run/runs.ts');
    return (ctx, { run }) => findRun(ctx, run);
  },
  present: (run) => [
    {
      kind: 'facts',
      title: `Run ${run.run}`,
      facts: [
        ['status', run.status],
        ['dataset', run.dataset ?? null],
        ['target', run.spec.target],
        ['task', run.task ?? null],
        [
          'split',
          run.split
            ? `${run.split.kind}: ${run.split.trainRows} + ${run.split.testRows} rows${run.split.boundary ? ` at ${run.split.boundary}` : ''}`
            : null,
        ],
        ['model', run.modelDigest ?? null],
        ['started', run.startedAt],
        ['finished', run.finishedAt ?? null],
        ...(run.error === undefined ? [] : ([['error', run.error]] as const)),
      ],
    },
    {
      kind: 'table',
      title: 'Metrics',
      columns: [
        { key: 'metric', label: 'metric' },
        { key: 'test', label: 'held out', align: 'right' },
        { key: 'train', label: 'training', align: 'right' },
      ],
      rows: Object.keys(run.metrics.test ?? {}).map((metric) => ({
        metric,
        test: run.metrics.test?.[metric],
        train: run.metrics.train?.[metric],
      })),
    },
    {
      kind: 'lines',
      title: 'Validation score by epoch',
      series: Object.entries(run.curves).map(([name, points]) => ({ name, points })),
    },
    ...run.notes.map((text): View => ({ kind: 'note', tone: 'info', text })),
  ],
});
