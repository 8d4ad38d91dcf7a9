import { resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';

export const dataExport = operation({
  id: 'data.export',
  summary:
    'Write a version to a file (.csv, .json, .jsonl or .parquet), or as a folder with Croissant metadata.',
  kind: 'job',
  access: 'data:read',
  resource: ({ name }) => resource('dataset', name),
  positionals: ['name', 'path'],
  examples: [
    'trestle data export strikes@2 strikes.parquet',
    'trestle data export strikes published --format croissant --license CC0-1.0 --creator FAA --url https://example.org/strikes',
  ],
  input: z.object({
    name: z.string().describe('Dataset, or dataset@version.'),
    path: z.string().describe('The file, whose name says the format; with croissant a new folder.'),
    format: z
      .enum(['csv', 'tsv', 'json', 'jsonl', 'parquet', 'croissant'])
      .optional()
      .describe(
        'The format, where the name does not say it; croissant: a Parquet file with its description.',
      ),
    description: z.string().min(1).optional().describe('With croissant: what the dataset is.'),
    license: z.string().min(1).optional().describe('With croissant: a URL, or an SPDX identifier.'),
    creator: z.string().min(1).optional().describe('With croissant: the organisation that made it.'),
    url: z.url().optional().describe('With croissant: the page of the dataset.'),
  }),
  output: z.object({
    path: z.string(),
    rows: z.number(),
    /** What the format cannot hold, and what became of it. */
    notes: z.array(z.string()).optional(),
    /** What Croissant requires and nobody said. */
    missing: z.array(z.string()).optional(),
  }),
  load: async () => (await import('./export-handler.ts')).exportVersion,
  present: ({ path, rows, missing = [], notes = [] }) => [
    { kind: 'note', tone: 'good', text: `${rows.toLocaleString('en-US')} rows in ${path}` },
    ...notes.map((text) => ({ kind: 'note' as const, tone: 'warn' as const, text })),
    ...(missing.length === 0
      ? []
      : [
          {
            kind: 'note' as const,
            tone: 'info' as const,
            text: `Croissant also asks for: ${missing.map((name) => `--${name}`).join(', ')}.`,
          },
        ]),
  ],
});
