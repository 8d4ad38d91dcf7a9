import { runStatusSchema } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';

const params = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const trial = z.object({
  trial: z.number().int(),
  run: z.string(),
  params,
  state: z.enum(['running', 'complete', 'pruned', 'failed']),
  metric: z.number().nullable().describe('What decides; null where it is no finite number.'),
  error: z.string().optional(),
});
const searched = z.object({
  sweep: z.string().describe('The run of the search.'),
  best: trial.pick({ trial: true, run: true, params: true, metric: true }).optional(),
  importance: z
    .record(z.string(), z.number())
    .optional()
    .describe('How much each parameter matters, as shares: permutation of a random forest (Breiman 2001).'),
  trials: z.array(trial),
  model: z.object({ name: z.string(), version: z.number().int(), digest: z.string() }).optional(),
});
const sweep = z.string().max(200).describe('The run of the search, r-….');

export const sweepStart = operation({
  id: 'sweep.start',
  summary: 'Search the settings of a training: yours (a module that exports train), or one on a dataset.',
  kind: 'job',
  access: 'training:write',
  positionals: ['file'],
  beginsProject: true,
  examples: [
    'trestle sweep start sweep.config.ts',
    'trestle sweep start rents.json --trials 20 --register rents',
  ],
  input: z.object({
    file: z.string().describe('The search: a TypeScript, JavaScript or JSON file.'),
    trials: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe('How many trials, instead of what the file says.'),
    register: z.string().optional().describe('Register the model of the best trial under this name.'),
  }),
  output: searched,
  load: async () => (await import('../search/sweep-handlers.ts')).startSweep,
  present: (output) => sweepViews(output),
});

export const sweepShow = operation({
  id: 'sweep.show',
  summary: 'Show a search as far as it came: its trials, the best, and which parameters matter.',
  kind: 'query',
  access: 'training:read',
  positionals: ['sweep'],
  input: z.object({ sweep }),
  output: searched.extend({ status: runStatusSchema }),
  load: async () => (await import('../search/sweep-handlers.ts')).showSweep,
  present: (output) => sweepViews(output),
});

export const sweepResume = operation({
  id: 'sweep.resume',
  summary: 'Go on with a search that was stopped, killed or failed: trials that are over are not done again.',
  kind: 'job',
  access: 'training:write',
  positionals: ['sweep'],
  input: z.object({ sweep }),
  output: searched.extend({ status: runStatusSchema }),
  load: async () => (await import('../search/sweep-handlers.ts')).resumeSweep,
  present: (output) => sweepViews(output),
});

export const sweepStop = operation({
  id: 'sweep.stop',
  summary: 'Stop a search; "sweep resume" goes on with it.',
  kind: 'command',
  access: 'training:write',
  positionals: ['sweep'],
  input: z.object({ sweep }),
  output: z.object({ sweep: z.string(), stopping: z.literal(true) }),
  load: async () => (await import('../search/sweep-handlers.ts')).stopSweep,
  present: ({ sweep: id }) => [{ kind: 'note', tone: 'info', text: `The search ${id} is told to stop.` }],
});

function sweepViews({
  sweep: id,
  best,
  importance,
  trials,
  model,
}: z.output<typeof searched>): readonly View[] {
  const names = [...new Set(trials.flatMap((one) => Object.keys(one.params)))];
  const bars = Object.entries(importance ?? {}).toSorted(([, a], [, b]) => b - a);
  const failed = trials.find(({ error, state }) => state === 'failed' && error !== undefined);
  return [
    {
      kind: 'table',
      title: `Search ${id}`,
      columns: [
        { key: 'trial', label: 'trial', align: 'right' },
        { key: 'state', label: 'state' },
        { key: 'metric', label: 'metric', align: 'right' },
        ...names.map((name) => ({ key: `param ${name}`, label: name, align: 'right' as const })),
        { key: 'best', label: '' },
      ],
      rows: trials.map((one) => ({
        trial: one.trial,
        state: one.state,
        metric: one.metric,
        ...Object.fromEntries(names.map((name) => [`param ${name}`, one.params[name]])),
        best: one.run === best?.run ? '← best' : '',
      })),
    },
    ...(bars.length === 0
      ? []
      : [
          {
            kind: 'bars' as const,
            title: 'How much each parameter matters',
            bars: bars.map(([label, value]) => ({ label, value })),
          },
        ]),
    ...(failed
      ? [
          {
            kind: 'note' as const,
            tone: 'warn' as const,
            text: `Trial ${failed.trial} failed: ${failed.error}`,
          },
        ]
      : []),
    ...(model
      ? [{ kind: 'note' as const, tone: 'good' as const, text: `Registered ${model.name}@${model.version}.` }]
      : []),
  ];
}
