import { resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';

export const dataLineage = operation({
  id: 'data.lineage',
  summary: 'Show which columns of other versions each column of a version was made from, where it is known.',
  kind: 'query',
  access: 'data:read',
  resource: ({ name }) => resource('dataset', name),
  positionals: ['name'],
  input: z.object({ name: z.string().describe('Dataset, or dataset@version, that a pipeline made.') }),
  output: z.object({
    dataset: z.string(),
    version: z.number().int(),
    columns: z.array(z.object({ column: z.string(), from: z.string(), fromColumn: z.string() })),
  }),
  load: async () => (await import('./lineage-handler.ts')).columnLineage,
  present: ({ dataset, version, columns }) => [
    {
      kind: 'table',
      title: `${dataset}@${version}`,
      columns: [
        { key: 'column', label: 'column' },
        { key: 'from', label: 'made from' },
        { key: 'fromColumn', label: 'its column' },
      ],
      rows: columns,
    },
    ...(columns.length > 0
      ? []
      : [
          {
            kind: 'note' as const,
            tone: 'info' as const,
            text: 'Nothing is known: no step of plain SQL made it. "trestle trace" shows what it was made from as a whole.',
          },
        ]),
  ],
});
