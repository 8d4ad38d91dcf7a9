import { datasetVersionSchema, NAME_PATTERN, resources } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';

export const dataSplit = operation({
  id: 'data.split',
  summary: 'Divide the rows of a version into parts, and keep that as a dataset of its own.',
  kind: 'job',
  access: 'data:write',
  resource: ({ name, as }) => resources({ dataset: [name, as] }),
  positionals: ['name'],
  examples: [
    'trestle data split strikes --kind time --by "Flight Date" --test 0.2',
    'trestle data split strikes --kind stratified --by Damaged --seed 7',
    'trestle data split strikes --kind folds --folds 5 --key id',
  ],
  input: z.object({
    name: z.string().describe('Dataset, or dataset@version.'),
    kind: z
      .enum(['random', 'stratified', 'grouped', 'time', 'folds'])
      .default('random')
      .describe('By chance, the same share of each stratum, whole groups, the latest rows, or k parts.'),
    by: z.string().optional().describe('The column of strata, groups or times.'),
    key: z
      .array(z.string())
      .default([])
      .describe(
        'Columns that name a row, so that it stays in its part when others come; its place otherwise.',
      ),
    test: z.number().gt(0).lt(1).default(0.2).describe('The share of the part "test".'),
    validation: z.number().min(0).lt(1).default(0).describe('The share of the part "validation".'),
    folds: z.number().int().min(2).max(100).default(5).describe('How many folds: "fold-0", "fold-1", …'),
    seed: z.number().int().default(42).describe('Another seed, other parts.'),
    as: z
      .string()
      .regex(NAME_PATTERN, 'use letters, digits, dots, dashes and underscores')
      .optional()
      .describe('The dataset of the parts; NAME.split when left out.'),
  }),
  output: datasetVersionSchema.extend({
    of: z.string(),
    parts: z.array(
      z.object({
        part: z.string(),
        rows: z.number().int(),
        from: z.string().optional().describe('By time: the earliest.'),
        to: z.string().optional().describe('By time: the latest.'),
        withoutTime: z.number().int().optional().describe('By time: rows that have none.'),
      }),
    ),
  }),
  load: async () => (await import('../split/split-version.ts')).splitVersion,
  present: ({ dataset, version, of, parts }) => [
    {
      kind: 'table',
      title: `${dataset}@${version}: parts of ${of}`,
      columns: [
        { key: 'part', label: 'part' },
        { key: 'rows', label: 'rows', align: 'right' },
        ...(parts.some(({ from }) => from !== undefined)
          ? [
              { key: 'from', label: 'from' },
              { key: 'to', label: 'to' },
            ]
          : []),
      ],
      rows: parts.map(({ part, rows, from = '', to = '' }) => ({ part, rows, from, to })),
    },
    ...parts.flatMap(({ part, withoutTime = 0 }): View[] =>
      withoutTime === 0
        ? []
        : [
            {
              kind: 'note',
              tone: 'warn',
              text: `${withoutTime} rows of the part "${part}" have no time, and are taken for earlier than all that have one.`,
            },
          ],
    ),
  ],
});
