import { datasetVersionSchema, NAME_PATTERN } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';

export const dataAdd = operation({
  id: 'data.add',
  summary: 'Add a new immutable version of a dataset from a file or an address.',
  kind: 'job',
  access: 'data:write',
  positionals: ['path'],
  examples: [
    'trestle data add strikes.csv --name strikes',
    'trestle data add more.jsonl.gz --name strikes --append',
    'trestle data add https://example.org/strikes.parquet --name strikes',
  ],
  input: z.object({
    path: z
      .string()
      .min(1)
      .describe(
        'CSV, TSV, JSON, JSON lines or Parquet (gzip and zstd too), a .zip with one of them, or an http(s) address.',
      ),
    name: z
      .string()
      .regex(NAME_PATTERN, 'use letters, digits, dots, dashes and underscores')
      .describe('The name of the dataset.'),
    append: z.boolean().default(false).describe('Put the rows behind those of the newest version.'),
    suite: z.string().optional().describe('Expectations that the rows must meet, or nothing is added.'),
  }),
  output: datasetVersionSchema.extend({ unchanged: z.boolean() }),
  load: async () => (await import('../version/add-version.ts')).addVersion,
  present: (added) => [
    {
      kind: 'note',
      tone: 'good',
      text: added.unchanged
        ? `${added.dataset}@${added.version} already holds these rows.`
        : `${added.dataset}@${added.version}: ${added.rows.toLocaleString('en-US')} rows, ${added.columns.length} columns, ${added.digest.slice(0, 12)}`,
    },
    {
      kind: 'table',
      columns: [
        { key: 'name', label: 'column' },
        { key: 'type', label: 'type' },
        { key: 'nulls', label: 'missing' },
      ],
      rows: added.columns,
    },
  ],
});
