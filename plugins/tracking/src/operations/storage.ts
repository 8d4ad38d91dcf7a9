import { durationTextSchema, millisecondsOf } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';

export const runGc = operation({
  id: 'run.gc',
  summary: 'Free the artifacts of deleted runs to which nothing else refers; parameters and metrics stay.',
  kind: 'job',
  access: 'training:write',
  examples: ['trestle run gc --dry-run', 'trestle run gc --older 7d'],
  input: z.object({
    dryRun: z.boolean().default(false).describe('Say what would go, and remove nothing.'),
    older: durationTextSchema.default('0s').describe('Only of runs that were deleted so long ago.'),
  }),
  output: z.object({ dryRun: z.boolean(), blobs: z.number(), bytes: z.number() }),
  load: async () => {
    const { collectRuns } = await import('../retention/collect.ts');
    return (ctx, { dryRun, older }) =>
      collectRuns(ctx, {
        dryRun,
        deletedBefore: new Date(Date.now() - millisecondsOf(older)).toISOString(),
      });
  },
  present: ({ dryRun, blobs, bytes }) => [
    {
      kind: 'note',
      tone: 'good',
      text:
        blobs === 0
          ? 'Everything that is stored is in use.'
          : `${(bytes / 1e6).toFixed(1)} MB in ${blobs} ${blobs === 1 ? 'artifact' : 'artifacts'} ${dryRun ? 'would be removed (nothing was)' : 'removed'}.`,
    },
  ],
});

export const runSync = operation({
  id: 'run.sync',
  summary: 'Send what scripts logged and could not send: their server was away, or they were killed.',
  kind: 'command',
  access: 'training:write',
  examples: ['trestle run sync', 'TRESTLE_TOKEN=… trestle run sync --outbox .trestle/outbox'],
  input: z.object({
    outbox: z.string().optional().describe('The folder where it is kept; that of the project when left out.'),
  }),
  output: z.object({
    runs: z.array(
      z.object({
        run: z.string(),
        sent: z.number().int().describe('Messages that arrived.'),
        refused: z
          .number()
          .int()
          .describe('Of these, how many could not be kept; the notes of the run say why.'),
        waits: z.string().optional().describe('Why the rest did not.'),
      }),
    ),
  }),
  load: async () => (await import('../sync-runs.ts')).syncRuns,
  verdict: ({ runs }) => runs.every(({ waits }) => waits === undefined),
  present: ({ runs }) =>
    runs.length === 0
      ? [{ kind: 'note', tone: 'good', text: 'Nothing waits to be sent.' }]
      : [
          {
            kind: 'table',
            columns: [
              { key: 'run', label: 'run' },
              { key: 'sent', label: 'sent', align: 'right' },
              { key: 'refused', label: 'not kept', align: 'right' },
              { key: 'waits', label: 'waits' },
            ],
            rows: [...runs],
          },
        ],
});
