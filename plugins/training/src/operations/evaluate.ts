import { classesReportSchema, metricsSchema, resources, taskSchema } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';
import { againstViews } from './against-views.ts';
import { classViews } from './class-views.ts';

export const evaluateOperation = operation({
  id: 'evaluate',
  summary: 'Measure a registered model on a dataset: metrics with intervals, classes, and where it is worst.',
  kind: 'job',
  access: 'training:read',
  resource: ({ model, data, against }) => resources({ model: [model, against], dataset: data }),
  positionals: ['model'],
  examples: [
    'trestle evaluate strikes@champion --data strikes@5',
    'trestle evaluate strikes@2 --data labelled --target outcome --json',
    'trestle evaluate strikes@4 --data strikes@5 --against strikes@champion',
  ],
  input: z.object({
    model: z.string().max(250).describe('Model: name, name@3 or name@alias.'),
    data: z.string().describe('Dataset, or dataset@version.'),
    target: z
      .string()
      .optional()
      .describe('The column with what is true; what the model predicts when left out.'),
    threshold: z
      .number()
      .gt(0)
      .lt(1)
      .optional()
      .describe("From this probability on a row is of the positive class; the model's own when left out."),
    against: z
      .string()
      .max(250)
      .optional()
      .describe('Another model of the same target: both answer the same rows, and what differs is tested.'),
    group: z
      .string()
      .optional()
      .describe(
        'Column whose rows of one value (a person, a site) belong together, for intervals; that of the training when left out.',
      ),
    seed: z.number().int().default(42).describe('Makes the samples of the intervals repeatable.'),
  }),
  output: z.object({
    model: z.object({ name: z.string(), version: z.number() }),
    dataset: z.string(),
    target: z.string(),
    task: taskSchema,
    positive: z.string().optional(),
    threshold: z.number().optional(),
    rows: z.number(),
    groups: z
      .object({ column: z.string(), count: z.number().int() })
      .optional()
      .describe('Samples were drawn of whole groups.'),
    metrics: metricsSchema,
    baseline: z.object({ name: z.string(), metrics: metricsSchema }),
    intervals: z
      .record(z.string(), z.tuple([z.number(), z.number()]))
      .describe('95 of 100 samples of as many rows lie in there (bootstrap).'),
    against: z
      .object({
        model: z.object({ name: z.string(), version: z.number() }),
        differences: z.array(
          z.object({
            metric: z.string(),
            value: z.number().nullable(),
            other: z.number().nullable(),
            difference: z.number().nullable(),
            interval: z.tuple([z.number(), z.number()]).optional(),
            pValue: z.number().optional(),
            test: z.enum(['bootstrap', 'DeLong', 'McNemar']).optional(),
            verdict: z.enum(['better', 'worse', 'unclear']),
          }),
        ),
      })
      .optional(),
    classes: classesReportSchema.optional(),
    slices: z.array(
      z.object({
        column: z.string(),
        where: z.string(),
        rows: z.number(),
        loss: z.number(),
        others: z.number(),
      }),
    ),
    notes: z.array(z.string()),
  }),
  load: async () => (await import('./evaluate-handler.ts')).evaluateModel,
  present: (result): readonly View[] => [
    {
      kind: 'facts',
      title: `${result.model.name}@${result.model.version} on ${result.dataset}`,
      facts: [
        ['rows', result.rows],
        ...(result.groups
          ? [['groups', `${result.groups.count}, by "${result.groups.column}"`] as const]
          : []),
        ['target', `${result.target}, ${result.task}`],
        ...(result.positive === undefined ? [] : [['positive class', result.positive] as const]),
        ...(result.threshold === undefined ? [] : [['threshold', result.threshold] as const]),
      ],
    },
    {
      kind: 'table',
      title: 'Metrics (from and to: 95 % interval by bootstrap)',
      columns: [
        { key: 'metric', label: 'metric' },
        { key: 'value', label: 'value', align: 'right' },
        { key: 'from', label: 'from', align: 'right' },
        { key: 'to', label: 'to', align: 'right' },
        { key: 'baseline', label: `baseline: ${result.baseline.name}`, align: 'right' },
      ],
      rows: Object.entries(result.metrics).map(([metric, value]) => ({
        metric,
        value,
        from: result.intervals[metric]?.[0],
        to: result.intervals[metric]?.[1],
        baseline: result.baseline.metrics[metric],
      })),
    },
    ...againstViews(result),
    ...classViews(result.classes, 'all rows', result.threshold),
    ...(result.slices.length === 0
      ? []
      : [
          {
            kind: 'table' as const,
            title: `Where it is worst (mean ${result.task === 'regression' ? 'squared error' : 'log loss'})`,
            columns: [
              { key: 'slice', label: 'rows with' },
              { key: 'rows', label: 'rows', align: 'right' as const },
              { key: 'loss', label: 'there', align: 'right' as const },
              { key: 'others', label: 'elsewhere', align: 'right' as const },
            ],
            rows: result.slices.map(({ column, where, ...one }) => ({ slice: `${column} ${where}`, ...one })),
          },
        ]),
    ...result.notes.map((text): View => ({ kind: 'note', tone: 'info', text })),
  ],
});
