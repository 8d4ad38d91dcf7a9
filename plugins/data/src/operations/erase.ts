import { NAME_PATTERN } from '@trestle/contracts';
import { operation, secret } from '@trestle/kernel';
import { z } from 'zod';

export const dataErase = operation({
  id: 'data.erase',
  summary: "Remove a subject's rows from every version of a dataset, and record that it was done.",
  // Not a job: the input of a job is kept, and the values must not be.
  kind: 'command',
  access: 'data:erase',
  positionals: ['name'],
  examples: [
    'trestle data erase customers --column email --values-file erase.txt',
    'trestle data erase customers --column id --values 17,23',
  ],
  input: z.object({
    name: z
      .string()
      .regex(NAME_PATTERN, 'name the dataset without a version: rows are erased from all of them')
      .describe('The dataset.'),
    column: z.string().describe('The column that names the subject.'),
    values: z.array(secret()).optional().describe('Rows with one of these values go.'),
    valuesFile: z.string().optional().describe('A text file with one value a line.'),
  }),
  output: z.object({
    erasure: z.string(),
    dataset: z.string(),
    column: z.string(),
    rows: z.number(),
    versions: z.array(z.object({ dataset: z.string(), version: z.number(), rows: z.number() })),
    /** What was made of those rows and still stands: runs, datasets without the column. */
    beyond: z.array(z.string()),
    /** SHA-256 of the salt, a line end, and {column, values} as canonical JSON: what the record holds. */
    commitment: z.string(),
    /** Kept nowhere: with it and the values the commitment can be checked. */
    salt: z.string(),
  }),
  load: async () => (await import('./erase-handler.ts')).erase,
  present: ({ rows, versions, beyond, erasure, salt }) => [
    {
      kind: 'table',
      columns: [
        { key: 'dataset', label: 'dataset' },
        { key: 'version', label: 'version', align: 'right' },
        { key: 'rows', label: 'rows erased', align: 'right' },
      ],
      rows: versions,
    },
    {
      kind: 'facts',
      facts: [
        ['erasure', erasure],
        ['salt (kept nowhere else)', salt],
      ],
    },
    ...beyond.map((ref) => ({
      kind: 'note' as const,
      tone: 'info' as const,
      text: `${ref} was made of rows that held them, and still stands.`,
    })),
    {
      kind: 'note',
      tone: 'good',
      text: rows === 0 ? 'No version holds such a row.' : `${rows} rows erased, also from the disk.`,
    },
  ],
});
