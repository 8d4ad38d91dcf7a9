import { metricsSchema, resources, trackedRunSchema } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
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
  resource: ({ first, second }) => resources({ run: [first, second] }),
  positionals: ['first', 'second'],
  examples: ['trestle run compare r-wwa6y7o0ce r-019ad4f0-7c11-7a2e-9b51-5f0f6a3e2d10'],
  input: z.object({
    first: z.string().describe('A run, r-….'),
    second: z.string().describe('Another run.'),
  }),
  output: z.object({
    runs: z.tuple([trackedRunSchema, trackedRunSchema]),
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
      .describe('Of the held-out parts; of runs without one, the last of each series.'),
    sameRows: z.boolean().describe('Whether both were measured on the same held-out rows.'),
    best: metricsSchema.describe(
      'Per metric of which it is known whether more or less is better: 0 or 1, the better run.',
    ),
  }),
  load: async () => {
    const { compareRuns } = await import('../compare-runs.ts');
    return (ctx, { first, second }) => compareRuns(ctx, first, second);
  },
  present: ({ runs: [first, second], settings, metrics, sameRows, best }) => [
    {
      kind: 'table',
      title: 'Metrics',
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
        better: betterOf(best[name], difference, [first.run, second.run]),
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
    ...(first.kind !== 'training' || second.kind !== 'training' ? [] : [rowsNote(sameRows)]),
  ],
});

/** The better run; which one that is nobody knows of a metric of one's own. */
const betterOf = (
  best: number | null | undefined,
  difference: number | null,
  [first, second]: readonly [string, string],
): string =>
  difference === null
    ? ''
    : difference === 0
      ? 'alike'
      : best === undefined || best === null
        ? 'not known'
        : best === 0
          ? first
          : second;

const rowsNote = (sameRows: boolean): View =>
  sameRows
    ? { kind: 'note', tone: 'good', text: 'Both were measured on the same held-out rows.' }
    : {
        kind: 'note',
        tone: 'warn',
        text: 'They were measured on different rows: a difference may be that of the rows.',
      };
