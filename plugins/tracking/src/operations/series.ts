import { resources, specialNumberSchema } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';

export const runSeries = operation({
  id: 'run.series',
  summary:
    'Give the measurements of runs by their steps; long series thinned, with every least and greatest value kept.',
  kind: 'query',
  access: 'training:read',
  resource: ({ runs }) => resources({ run: runs }),
  positionals: ['runs'],
  examples: ['trestle run series r-… --metrics loss,test/loss', 'trestle run series r-…,r-… --metrics loss'],
  input: z.object({
    runs: z.array(z.string().max(200)).min(1).max(500).describe('The runs, r-….'),
    metrics: z.array(z.string()).default([]).describe('Only these; all when left out.'),
    points: z
      .number()
      .int()
      .min(2)
      .max(10_000)
      .default(1_000)
      .describe('A series of more steps than this is thinned to as many.'),
    from: z.number().int().min(0).optional().describe('Only from this step on: of a part more is told.'),
    to: z.number().int().min(0).optional().describe('Only up to this step.'),
  }),
  output: z.object({
    series: z.array(
      z.object({
        run: z.string(),
        name: z.string(),
        points: z.number().int().describe('How many measurements there are.'),
        isThinned: z.boolean(),
        steps: z.array(z.number()).describe('Of a thinned series the first step of each stretch.'),
        low: z.array(z.number().nullable()).describe('The least value there; null where none is finite.'),
        high: z.array(z.number().nullable()).describe('The greatest value there.'),
        times: z.array(z.string()).describe('When the last of them was taken.'),
        special: z
          .array(z.object({ step: z.number(), value: specialNumberSchema }))
          .describe('Measurements that are no numbers, the first hundred.'),
      }),
    ),
  }),
  load: async () => (await import('../read-series.ts')).readSeries,
  present: ({ series }) => [
    {
      kind: 'table',
      columns: [
        { key: 'run', label: 'run' },
        { key: 'name', label: 'metric' },
        { key: 'points', label: 'points', align: 'right' },
        { key: 'least', label: 'least', align: 'right' },
        { key: 'greatest', label: 'greatest', align: 'right' },
        { key: 'special', label: 'no numbers', align: 'right' },
      ],
      rows: series.map(({ run, name, points, low, high, special }) => ({
        ...{ run, name, points },
        least: extreme(low, Math.min),
        greatest: extreme(high, Math.max),
        special: special.length,
      })),
    },
    {
      kind: 'lines',
      title: 'Series',
      series: series.map(({ run, name, high }) => ({
        name: series.every((one) => one.run === run) ? name : `${run} ${name}`,
        points: high.flatMap((value) => value ?? []),
      })),
    },
  ],
});

const extreme = (
  values: readonly (number | null)[],
  of: (a: number, b: number) => number,
): number | undefined =>
  values.reduce<number | undefined>(
    (best, value) => (value === null ? best : best === undefined ? value : of(best, value)),
    undefined,
  );
