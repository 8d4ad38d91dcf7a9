import { operation } from '@trestle/kernel';
import { z } from 'zod';

export const pipelineList = operation({
  id: 'pipeline.list',
  summary: 'List the pipelines of the configuration.',
  kind: 'query',
  access: 'data:read',
  input: z.object({}),
  output: z.object({
    pipelines: z.array(
      z.object({
        name: z.string(),
        steps: z.number().int(),
        /** What starts it by itself, in words. */
        triggers: z.array(z.string()),
        lastRun: z.object({ run: z.string(), status: z.string(), startedAt: z.string() }).optional(),
      }),
    ),
  }),
  load: async () => (await import('./pipeline-show-handler.ts')).listPipelines,
  present: ({ pipelines }) => [
    {
      kind: 'table',
      columns: [
        { key: 'name', label: 'pipeline' },
        { key: 'steps', label: 'steps', align: 'right' },
        { key: 'triggers', label: 'starts at' },
        { key: 'status', label: 'last run' },
        { key: 'startedAt', label: 'started' },
      ],
      rows: pipelines.map(({ name, steps, triggers, lastRun }) => ({
        name,
        steps,
        triggers: triggers.join(', '),
        status: lastRun?.status,
        startedAt: lastRun?.startedAt,
      })),
    },
    ...(pipelines.length > 0
      ? []
      : [
          {
            kind: 'note' as const,
            tone: 'info' as const,
            text: 'There are none: describe one in "data.pipelines" of the configuration.',
          },
        ]),
  ],
});
