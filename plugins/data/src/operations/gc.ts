import { operation } from '@trestle/kernel';
import { z } from 'zod';

export const dataGc = operation({
  id: 'data.gc',
  summary: 'Remove stored content that nothing refers to any more.',
  kind: 'job',
  access: 'data:write',
  examples: ['trestle data gc --dry-run', 'trestle data gc --keep 5'],
  input: z.object({
    dryRun: z.boolean().default(false).describe('Say what would go, and remove nothing.'),
    keep: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe(
        'Also let go of versions behind the newest so many of each dataset, unless a tag, a run, a model, a job or another version refers to them.',
      ),
  }),
  output: z.object({
    dryRun: z.boolean(),
    blobs: z.number(),
    bytes: z.number(),
    /** Versions that were let go of. */
    versions: z.array(z.object({ dataset: z.string(), version: z.number() })),
  }),
  load: async () => (await import('./gc-handler.ts')).collectGarbage,
  present: ({ dryRun, blobs, bytes, versions }) => [
    ...(versions.length === 0
      ? []
      : [
          {
            kind: 'table' as const,
            title: dryRun ? 'versions that would go' : 'versions that went',
            columns: [
              { key: 'dataset', label: 'dataset' },
              { key: 'version', label: 'version', align: 'right' as const },
            ],
            rows: versions,
          },
        ]),
    {
      kind: 'note',
      tone: 'good',
      text:
        blobs === 0
          ? 'Everything that is stored is in use.'
          : `${(bytes / 1e6).toFixed(1)} MB in ${blobs} ${blobs === 1 ? 'blob' : 'blobs'} ${dryRun ? 'would be removed (nothing was)' : 'removed'}.`,
    },
  ],
});
