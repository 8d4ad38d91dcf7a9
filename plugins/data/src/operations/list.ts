import { datasetVersionSchema } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';

export const dataList = operation({
  id: 'data.list',
  summary: 'List datasets and their versions.',
  kind: 'query',
  access: 'data:read',
  input: z.object({}),
  output: z.object({
    datasets: z.array(datasetVersionSchema.omit({ columns: true }).extend({ columns: z.number() })),
  }),
  load: async () => (await import('./list-handler.ts')).listDatasets,
  present: ({ datasets }) => [
    {
      kind: 'table',
      columns: [
        { key: 'dataset', label: 'dataset' },
        { key: 'version', label: 'version', align: 'right' },
        { key: 'rows', label: 'rows', align: 'right' },
        { key: 'columns', label: 'columns', align: 'right' },
        { key: 'source', label: 'source' },
        { key: 'createdAt', label: 'added' },
      ],
      rows: datasets,
    },
    ...datasets.flatMap(({ dataset, version, unreadable }): View[] =>
      unreadable === undefined
        ? []
        : [
            {
              kind: 'note',
              tone: 'bad',
              text: `The record of ${dataset}@${version} cannot be read: ${unreadable}.`,
            },
          ],
    ),
  ],
});
