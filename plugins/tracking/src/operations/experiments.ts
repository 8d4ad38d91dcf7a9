import { operation } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { z } from 'zod';
import type { TrackingTables } from '../tracking-tables.ts';

export const experimentList = operation({
  id: 'experiment.list',
  summary: 'List experiments: how many runs each has, and when the last one began.',
  kind: 'query',
  access: 'training:read',
  input: z.object({}),
  output: z.object({
    experiments: z.array(
      z.object({ experiment: z.string(), runs: z.number().int(), lastStartedAt: z.string() }),
    ),
  }),
  load: async () => async (ctx) => {
    const rows = await (await ctx.service(metadataToken))
      .query<TrackingTables>()
      .selectFrom('tracked_runs')
      .select((select) => [
        'experiment',
        select.fn.countAll().as('runs'),
        select.fn.max('started_at').as('lastStartedAt'),
      ])
      .where('deleted_at', 'is', null)
      .groupBy('experiment')
      .orderBy('lastStartedAt', 'desc')
      .execute();
    return { experiments: rows.map((row) => ({ ...row, runs: Number(row.runs) })) };
  },
  present: ({ experiments }) => [
    {
      kind: 'table',
      columns: [
        { key: 'experiment', label: 'experiment' },
        { key: 'runs', label: 'runs', align: 'right' },
        { key: 'lastStartedAt', label: 'last began' },
      ],
      rows: experiments,
    },
  ],
});
