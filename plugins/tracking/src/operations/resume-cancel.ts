import { resource, runStatusSchema } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';

const run = z.string().max(200).describe('The run, r-….');

export const runResume = operation({
  id: 'run.resume',
  summary: 'Go on with a run that failed or was interrupted, behind its last finished step.',
  kind: 'job',
  access: 'training:write',
  resource: ({ run }) => resource('run', run),
  positionals: ['run'],
  input: z.object({ run }),
  output: z.object({ run: z.string(), status: runStatusSchema }),
  load: async () => (await import('../resume-cancel.ts')).resumeRun,
  present: ({ run: id, status }) => [{ kind: 'note', tone: 'good', text: `Run ${id}: ${status}` }],
});

export const runCancel = operation({
  id: 'run.cancel',
  summary: 'Cancel a run: at once when it waits, at its next pause when it is under way.',
  kind: 'command',
  access: 'training:write',
  resource: ({ run }) => resource('run', run),
  positionals: ['run'],
  input: z.object({ run }),
  output: z.object({
    run: z.string(),
    status: runStatusSchema,
    cancelRequested: z.boolean().describe('Whether its worker was told, and has not ended it yet.'),
  }),
  load: async () => (await import('../resume-cancel.ts')).cancelRun,
  present: ({ run: id, status, cancelRequested }) => [
    {
      kind: 'note',
      tone: 'info',
      text: cancelRequested ? `Run ${id} ends at its next pause.` : `Run ${id}: ${status}`,
    },
  ],
});
