import { metricsSchema, resources, type TrackedRun, trackedRunSchema } from '@trestle/contracts';
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
  summary:
    'Put two or more runs side by side: the settings and data that differ, and their held-out metrics.',
  kind: 'query',
  access: 'training:read',
  resource: ({ first, second, more }) => [
    ...resources({ run: [first, second] }),
    ...resources({ run: more }),
  ],
  positionals: ['first', 'second'],
  examples: [
    'trestle run compare r-wwa6y7o0ce r-019ad4f0-7c11-7a2e-9b51-5f0f6a3e2d10',
    'trestle run compare r-… r-… --more r-…,r-…',
  ],
  input: z.object({
    first: z.string().describe('A run, r-….'),
    second: z.string().describe('Another run.'),
    more: z.array(z.string().max(200)).max(498).default([]).describe('More of them, up to 500 in all.'),
  }),
  output: z.object({
    runs: z.array(trackedRunSchema),
    settings: z
      .array(z.object({ name: z.string(), values: z.array(z.unknown()) }))
      .describe('The settings that differ.'),
    metrics: z
      .array(
        z.object({
          name: z.string(),
          values: z.array(z.number().nullable()),
          difference: z
            .number()
            .nullable()
            .describe('The second minus the first; null where there are more.'),
        }),
      )
      .describe('Of the held-out parts; of runs without one, the last of each series.'),
    sameRows: z.boolean().describe('Whether all were measured on the same held-out rows.'),
    best: metricsSchema.describe(
      'Per metric of which it is known whether more or less is better: the place of the best run.',
    ),
  }),
  load: async () => {
    const { compareRuns } = await import('../compare-runs.ts');
    return compareRuns;
  },
  present: ({ runs, settings, metrics, sameRows, best }) => {
    const [first, second] = runs;
    if (runs.length === 2 && first && second)
      return ofTwo(first, second, { settings, metrics, sameRows, best });
    return ofMany(runs, { settings, metrics, sameRows, best });
  },
});

interface Compared {
  readonly settings: readonly { readonly name: string; readonly values: readonly unknown[] }[];
  readonly metrics: readonly {
    readonly name: string;
    readonly values: readonly (number | null)[];
    readonly difference: number | null;
  }[];
  readonly sameRows: boolean;
  readonly best: Readonly<Record<string, number | null>>;
}

const ofTwo = (
  first: TrackedRun,
  second: TrackedRun,
  { settings, metrics, sameRows, best }: Compared,
): readonly View[] => [
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
  ...(first.kind !== 'training' || second.kind !== 'training' ? [] : [rowsNote(sameRows, 'Both')]),
];

/** A line a run, a column for each setting that differs and each metric; the best of each is marked. */
const ofMany = (
  runs: readonly TrackedRun[],
  { settings, metrics, sameRows, best }: Compared,
): readonly View[] => [
  {
    kind: 'table',
    title: `What differs between ${runs.length} runs`,
    columns: [
      { key: 'run', label: 'run' },
      ...settings.map(({ name }) => ({ key: `s ${name}`, label: name })),
      ...metrics.map(({ name }) => ({ key: `m ${name}`, label: name, align: 'right' as const })),
    ],
    rows: runs.map(({ run }, at) => ({
      run,
      ...Object.fromEntries(settings.map(({ name, values }) => [`s ${name}`, shown(values[at])])),
      ...Object.fromEntries(
        metrics.map(({ name, values }) => {
          const value = values[at];
          const text = typeof value === 'number' ? String(Number(value.toPrecision(6))) : '—';
          return [`m ${name}`, best[name] === at ? `best ${text}` : text];
        }),
      ),
    })),
  },
  ...(runs.every(({ kind }) => kind === 'training') ? [rowsNote(sameRows, 'All')] : []),
];

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

const rowsNote = (sameRows: boolean, who: string): View =>
  sameRows
    ? { kind: 'note', tone: 'good', text: `${who} were measured on the same held-out rows.` }
    : {
        kind: 'note',
        tone: 'warn',
        text: 'They were measured on different rows: a difference may be that of the rows.',
      };
