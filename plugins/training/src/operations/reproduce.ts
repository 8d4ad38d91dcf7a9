import { resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';

export const runReproduce = operation({
  id: 'run.reproduce',
  summary:
    'Train again what a run trained, on the same version of its data, and say whether it comes to the same bits.',
  kind: 'job',
  access: 'training:write',
  resource: ({ run }) => resource('run', run),
  positionals: ['run'],
  examples: ['trestle run reproduce r-019ad4f0-7c11-7a2e-9b51-5f0f6a3e2d10'],
  input: z.object({ run: z.string().max(200).describe('A training that succeeded, r-….') }),
  output: z.object({
    run: z.string(),
    reproduction: z.string().describe('The run that was made, a part of the first.'),
    identical: z.boolean().describe('Whether graph, weights and every metric are the same, bit for bit.'),
    differences: z.array(
      z.object({
        what: z.string().describe('model, data, environment …, candidates, or a metric: test/rocAuc.'),
        was: z.string(),
        now: z.string(),
      }),
    ),
  }),
  load: async () => (await import('../run/reproduce.ts')).reproduce,
  verdict: ({ identical }) => identical,
  present: ({ run, reproduction, identical, differences }) => [
    {
      kind: 'note',
      tone: identical ? 'good' : 'warn',
      text: identical
        ? `${reproduction} is ${run} again, bit for bit.`
        : `${reproduction} is not ${run} again.`,
    },
    ...(differences.length === 0
      ? []
      : [
          {
            kind: 'table' as const,
            columns: [
              { key: 'what', label: 'what differs' },
              { key: 'was', label: 'was' },
              { key: 'now', label: 'now' },
            ],
            rows: [...differences],
          },
        ]),
  ],
});
