import { datasetVersionSchema, NAME_PATTERN, resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { sourceFields } from '@trestle/tables/source-options';
import { z } from 'zod';

export const dataAdd = operation({
  id: 'data.add',
  summary: 'Add a new immutable version of a dataset from files, an address or a database.',
  kind: 'job',
  access: 'data:write',
  resource: ({ name }) => resource('dataset', name),
  beginsProject: true,
  positionals: ['path'],
  examples: [
    'trestle data add strikes.csv --name strikes',
    'trestle data add more.jsonl.gz --name strikes --append',
    "trestle data add 'exports/2026-*.csv' --name strikes --type code=string --date-format %d/%m/%Y",
    'trestle data add images/ --name birds',
    'trestle data add s3://bucket/strikes.parquet --name strikes',
    "trestle data add 's3://bucket/exports/**/*.parquet' --name strikes",
    'trestle data add postgres://me@db/shop --query "SELECT * FROM orders" --name orders',
  ],
  input: z.object({
    ...sourceFields,
    name: z
      .string()
      .regex(NAME_PATTERN, 'use letters, digits, dots, dashes and underscores')
      .describe('The name of the dataset.'),
    append: z.boolean().default(false).describe('Put the rows behind those of the newest version.'),
    suite: z.string().optional().describe('Expectations that the rows must meet, or nothing is added.'),
  }),
  output: datasetVersionSchema.extend({
    unchanged: z.boolean(),
    /** What was guessed of the source, or could not be kept as it was. */
    notes: z.array(z.string()),
  }),
  load: async () => (await import('../add/add-version.ts')).addVersion,
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
    ...added.notes.map((text) => ({ kind: 'note' as const, tone: 'warn' as const, text })),
  ],
});
