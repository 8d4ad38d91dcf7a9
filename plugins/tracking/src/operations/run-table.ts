import { resources, runStatusSchema } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { CONDITION_RULE } from '../grid/condition.ts';
import { KEY_RULE } from '../grid/run-key.ts';

/** Which runs: what the operations that show many of them have in common. */
export const wantedInput = {
  kind: z
    .string()
    .max(100)
    .optional()
    .describe('Only runs of this kind: training, pipeline, retraining, custom.'),
  experiment: z
    .string()
    .max(200)
    .optional()
    .describe('Only runs of this experiment and of those nested in it.'),
  parent: z.string().max(200).optional().describe('Only parts of this run.'),
  status: runStatusSchema.optional().describe('Only runs with this status.'),
  where: z
    .array(z.string().max(1_000))
    .max(20)
    .default([])
    .describe(`Conditions, all of which hold: a key, ${CONDITION_RULE}, a value, as metric:loss<0.3.`),
};
export const sortInput = {
  sort: z.string().max(300).optional().describe(`What they are sorted by: ${KEY_RULE}.`),
  order: z
    .enum(['asc', 'desc'])
    .optional()
    .describe('Left out: the best, the newest or the least first, as is usual for what is sorted by.'),
};
const chosenRuns = z.array(z.string().max(200)).min(1).max(500).optional().describe('Only these runs.');

const number = z.number().nullable();
const summary = z.object({
  last: number.describe('Null where it is no finite number: then "special" says what it is.'),
  special: z.string().optional(),
  low: number,
  high: number,
  points: z.number().int(),
  lastStep: z.number().int(),
});

export const runTableOperation = operation({
  id: 'run.table',
  summary:
    'Give a page of runs as a table: parameters, tags, and of each metric the last, least and greatest value.',
  kind: 'query',
  access: 'training:read',
  resource: ({ experiment, runs }) => resources({ experiment, run: runs }),
  examples: [
    'trestle run table --experiment churn --sort best:test/rocAuc',
    'trestle run table --where "param:depth>=6"',
  ],
  input: z.object({
    ...wantedInput,
    ...sortInput,
    runs: chosenRuns,
    offset: z
      .number()
      .int()
      .min(0)
      .max(10_000_000)
      .default(0)
      .describe('How many of them are left out before.'),
    limit: z.number().int().min(1).max(500).default(50).describe('How many are given.'),
  }),
  output: z.object({
    total: z.number().int().describe('How many there are.'),
    offset: z.number().int(),
    rows: z.array(
      z.object({
        run: z.string(),
        kind: z.string(),
        experiment: z.string(),
        status: runStatusSchema,
        by: z.string(),
        parent: z.string().optional(),
        error: z.string().optional(),
        startedAt: z.string(),
        finishedAt: z.string().optional(),
        params: z.record(z.string(), z.unknown()),
        metrics: z.record(z.string(), summary),
        tags: z.record(z.string(), z.string()),
      }),
    ),
  }),
  load: async () => (await import('../grid/run-table.ts')).runTable,
  present: ({ total, offset, rows }) => {
    const params = namesOf(rows.map((row) => row.params)).slice(0, 8);
    const metrics = namesOf(rows.map((row) => row.metrics)).slice(0, 8);
    return [
      {
        kind: 'table',
        columns: [
          { key: 'run', label: 'run' },
          { key: 'experiment', label: 'experiment' },
          { key: 'status', label: 'status' },
          ...params.map((name) => ({ key: `p ${name}`, label: name })),
          ...metrics.map((name) => ({ key: `m ${name}`, label: name, align: 'right' as const })),
        ],
        rows: rows.map((row) => ({
          ...{ run: row.run, experiment: row.experiment, status: row.status },
          ...Object.fromEntries(params.map((name) => [`p ${name}`, shown(row.params[name])])),
          ...Object.fromEntries(
            metrics.map((name) => [`m ${name}`, row.metrics[name]?.special ?? row.metrics[name]?.last]),
          ),
        })),
      },
      {
        kind: 'text',
        text: `${rows.length === 0 ? 'None' : `${offset + 1} to ${offset + rows.length}`} of ${total}.`,
      },
    ];
  },
});

/** Names by how many have them, the most first. */
function namesOf(all: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const one of all) for (const name of Object.keys(one)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([name]) => name);
}

const shown = (value: unknown): string | number | undefined =>
  value === undefined
    ? undefined
    : typeof value === 'number'
      ? value
      : typeof value === 'string'
        ? value
        : JSON.stringify(value);

const common = { name: z.string(), runs: z.number().int(), differs: z.boolean() };

export const runColumnsOperation = operation({
  id: 'run.columns',
  summary: 'Say which parameters, metrics and tags runs have, of how many each is, and which of them differ.',
  kind: 'query',
  access: 'training:read',
  resource: ({ experiment, runs }) => resources({ experiment, run: runs }),
  examples: ['trestle run columns --experiment churn'],
  input: z.object({ ...wantedInput, runs: chosenRuns }),
  output: z.object({
    total: z.number().int().describe('How many runs there are.'),
    params: z.array(z.object({ ...common, low: number.optional(), high: number.optional() })),
    metrics: z.array(
      z.object({
        ...common,
        low: number.describe('The least of their last values.'),
        high: number,
        points: z.number().int().describe('Of the longest series.'),
        better: z.enum(['higher', 'lower']).optional(),
      }),
    ),
    tags: z.array(z.object(common)),
  }),
  load: async () => (await import('../grid/run-columns.ts')).runColumns,
  present: ({ params, metrics, tags }) => [
    {
      kind: 'table',
      columns: [
        { key: 'key', label: 'key' },
        { key: 'runs', label: 'runs', align: 'right' },
        { key: 'differs', label: 'differs' },
        { key: 'low', label: 'least', align: 'right' },
        { key: 'high', label: 'greatest', align: 'right' },
      ],
      rows: [
        ...params.map(({ name, ...one }) => ({ key: `param:${name}`, ...one })),
        ...metrics.map(({ name, better: _, points: __, ...one }) => ({ key: `metric:${name}`, ...one })),
        ...tags.map(({ name, ...one }) => ({ key: `tag:${name}`, ...one })),
      ],
    },
  ],
});
