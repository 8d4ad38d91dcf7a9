import { datasetVersionSchema } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';

export const dataShow = operation({
  id: 'data.show',
  summary: "Show a version's columns and where it came from.",
  kind: 'query',
  access: 'data:read',
  positionals: ['name'],
  input: z.object({ name: z.string().describe('Dataset, or dataset@version.') }),
  output: datasetVersionSchema,
  load: async () => {
    const { resolveVersion } = await import('../version/versions.ts');
    return (ctx, { name }) => resolveVersion(ctx, name);
  },
  present: (version) => [
    {
      kind: 'facts',
      title: `${version.dataset}@${version.version}`,
      facts: [
        ['rows', version.rows],
        ['digest', version.digest],
        ['source', version.source],
        ['added', version.createdAt],
      ],
    },
    {
      kind: 'table',
      columns: [
        { key: 'name', label: 'column' },
        { key: 'type', label: 'type' },
        { key: 'nulls', label: 'missing' },
      ],
      rows: version.columns,
    },
  ],
});
