import { operation } from '@trestle/kernel';
import { z } from 'zod';

const output = z.object({
  project: z.string(),
  files: z.array(z.string()),
  /** Files that were there already and are as they were. */
  kept: z.array(z.string()),
});
export type NewProject = z.output<typeof output>;

/** A project that runs. */
export const init = operation({
  id: 'init',
  summary: 'Make a project: configuration, sample data and a README with the next commands.',
  kind: 'command',
  access: 'system:write',
  input: z.object({ dir: z.string().min(1).max(1_000).default('.').describe('the folder of the project') }),
  positionals: ['dir'],
  output,
  load: () => import('./make-project.ts').then((module) => module.makeProject),
  present: ({ project, files, kept }) => [
    { kind: 'note', tone: 'good', text: `A project is in ${project}.` },
    {
      kind: 'table',
      columns: [
        { key: 'file', label: 'file' },
        { key: 'what', label: '' },
      ],
      rows: [
        ...files.map((file) => ({ file, what: 'new' })),
        ...kept.map((file) => ({ file, what: 'was there, unchanged' })),
      ],
    },
    {
      kind: 'facts',
      title: 'Next',
      facts: [
        ['go there', `cd ${project}`],
        ['add data', 'trestle data add data/customers.csv --name customers'],
        ['train', 'trestle train --data customers --target churned --exclude customer --register churn'],
        ['read on', 'README.md'],
      ],
    },
  ],
});
