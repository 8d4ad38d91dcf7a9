import { metricsSchema, runSchema } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';

const shown = (value: unknown): string =>
  value === undefined || (Array.isArray(value) && value.length === 0)
    ? '—'
    : Array.isArray(value)
      ? value.join(', ')
      : String(value);

export const runCompare = operation({
  id: 'run.compare',
  summary: 'Put two runs side by side: their settings, data and held-out metrics.',
  kind: 'query',
  access: 'training:read',
  positionals: ['first', 'second'],
  examples: ['trestle run compare r-wwa6y7o0ce r-wwa75mv2d5'],
  input: z.object({
    first: z.string().describe('A run, r-….'),
    second: z.string().describe('Another run.'),
  }),
  output: z.object({
    runs: z.tuple([runSchema.omit({ curves: true }), runSchema.omit({ curves: true })]),
    settings: z
      .array(z.object({ name: z.string(), values: z.tuple([z.unknown(), z.unknown()]) }))
      .describe('The settings that differ.'),
    metrics: z
      .array(
        z.object({
          name: z.string(),
          values: z.tuple([z.number().nullable(), z.number().nullable()]),
          difference: z.number().nullable().describe('The second minus the first.'),
        }),
      )
      .describe('Of the held-out parts.'),
    sameRows: z.boolean().describe('Whether both were measured on the same held-out rows.'),
    best: metricsSchema.describe('Per metric of errors and scores: 0 or 1, the better run.'),
  }),
  load: async () => {
    const { compareRuns } = await import('../run/compare-runs.ts');
    return (ctx, { first, second }) => compareRuns(ctx, first, second);
  },
  present: ({ runs: [first, second], settings, metrics, sameRows, best }) => [
    {
      kind: 'table',
      title: 'Held-out metrics',
      columns: [
        { key: 'name', label: 'metric' },
        { key: 'first', label: first.run, align: 'right' },
        { key: 'second', label: second.run, align: 'right' },
        { key: 'difference', label: 'difference', align: 'right' },
        { key: 'better', label: 'better' },
      ],
      rows: metrics.map(({ name, values, difference }) => ({
        name,
        first: values[0],
        second: values[1],
        difference,
        better: best[name] === undefined ? 'alike' : best[name] === 0 ? first.run : second.run,
      })),
    },
    {
      kind: 'table',
      title: 'What differs',
      columns: [
        { key: 'name', label: 'setting' },
        { key: 'first', label: first.run },
        { key: 'second', label: second.run },
      ],
      rows: settings.map(({ name, values }) => ({
        name,
        first: shown(values[0]),
        second: shown(values[1]),
      })),
    },
    sameRows
      ? { kind: 'note', tone: 'good', text: 'Both were measured on the same held-out rows.' }
      : {
          kind: 'note',
          tone: 'warn',
          text: 'They were measured on different rows: a difference may be that of the rows.',
        },
  ],
});
