import { resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { expectationSchema } from '../config/suite.ts';

export const dataExpect = operation({
  id: 'data.expect',
  summary: 'Propose expectations from a version; write them as a suite to edit and keep.',
  kind: 'job',
  access: 'data:write',
  resource: ({ name }) => resource('dataset', name),
  positionals: ['name'],
  input: z.object({
    name: z.string().describe('Dataset, or dataset@version.'),
    out: z
      .string()
      .optional()
      .describe('Write them to this file; "data validate" looks for expectations/NAME.json.'),
  }),
  output: z.object({
    dataset: z.string(),
    version: z.number(),
    expectations: z.array(expectationSchema),
    file: z.string().optional(),
  }),
  load: async () => (await import('./expect-handler.ts')).expectOf,
  present: ({ dataset, version, expectations, file }) => [
    {
      kind: 'table',
      title: `proposed from ${dataset}@${version}`,
      columns: [
        { key: 'type', label: 'expectation' },
        { key: 'column', label: 'column' },
        { key: 'what', label: 'what' },
        { key: 'severity', label: 'if not' },
      ],
      rows: expectations.map(({ type, severity, mostly, ...rest }) => {
        const { column, ...what } = { column: '', ...rest };
        const words = Object.entries(what).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
        return {
          type,
          severity,
          column,
          what: [...words, ...(mostly < 1 ? [`mostly ${mostly}`] : [])].join(', '),
        };
      }),
    },
    {
      kind: 'note',
      tone: file === undefined ? 'info' : 'good',
      text: file === undefined ? 'Write them to a file with --out FILE.' : `Written to ${file}.`,
    },
  ],
});
