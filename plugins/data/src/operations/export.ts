import { operation } from '@trestle/kernel';
import { z } from 'zod';

export const dataExport = operation({
  id: 'data.export',
  summary: 'Write a version to a file: .csv, .json, .jsonl or .parquet.',
  kind: 'job',
  access: 'data:read',
  positionals: ['name', 'path'],
  examples: ['trestle data export strikes@2 strikes.parquet'],
  input: z.object({
    name: z.string().describe('Dataset, or dataset@version.'),
    path: z.string().describe('The file; its name says the format.'),
  }),
  output: z.object({ path: z.string(), rows: z.number() }),
  load: async () => (await import('./export-handler.ts')).exportVersion,
  present: ({ path, rows }) => [
    { kind: 'note', tone: 'good', text: `${rows.toLocaleString('en-US')} rows in ${path}` },
  ],
});
