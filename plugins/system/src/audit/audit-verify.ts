import { operation } from '@trestle/kernel';
import { z } from 'zod';

const output = z.object({
  ok: z.boolean(),
  /** Entries that fit together, from the first. */
  events: z.number().int(),
  /** The hash of the last of them. */
  head: z.string(),
  firstBad: z.number().int().optional(),
  /** Where the noted head stands; null when the log does not have it. */
  headAt: z.number().int().nullable().optional(),
  /** What a signed checkpoint says, and whether the log still holds exactly that. */
  checkpoint: z.object({ origin: z.string(), size: z.number().int(), matches: z.boolean() }).optional(),
});
export type AuditVerdict = z.output<typeof output>;

/** Proves that the log is whole: nothing in it was changed, removed, added or moved. */
export const auditVerify = operation({
  id: 'audit.verify',
  summary: 'Prove that the audit log is whole: nothing was changed, removed or moved.',
  kind: 'query',
  access: 'audit:read',
  input: z.object({
    head: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'is not a hash of 64 hexadecimal digits')
      .optional()
      .describe('a head that you noted earlier and that must still be in the log'),
    checkpoint: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .describe('a file that "audit checkpoint" wrote, with whose content the log must begin'),
    key: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .describe('a file with the public Ed25519 key that signed the checkpoint, PEM'),
  }),
  output,
  load: () => import('./verify-log.ts').then((module) => module.verifyLog),
  verdict: ({ ok }) => ok,
  present: ({ ok, events, head, firstBad, headAt, checkpoint }) => [
    ok
      ? {
          kind: 'note',
          tone: 'good',
          text: `The log is whole: ${events} events, each bound to the one before it.`,
        }
      : {
          kind: 'note',
          tone: 'bad',
          text:
            firstBad === undefined
              ? checkpoint?.matches === false
                ? `The log fits together, but it does not begin with the ${checkpoint.size} entries that were signed: it was cut, or written anew.`
                : 'The log fits together, but it is not the one whose head you noted.'
              : `The log is broken at event ${firstBad}: it was changed, removed or moved. The ${events} before it are whole.`,
        },
    {
      kind: 'facts',
      facts: [
        ['events', events],
        ['head', head],
        ...(typeof headAt === 'number' ? [['noted head', `event ${headAt}`] as const] : []),
        ...(checkpoint?.matches ? [['signed', `the first ${checkpoint.size} entries`] as const] : []),
      ],
    },
    ...(ok && headAt === undefined && checkpoint === undefined
      ? [
          {
            kind: 'note' as const,
            tone: 'info' as const,
            text: 'Note the head elsewhere: "trestle audit verify --head …" later proves that nothing before it was rewritten.',
          },
        ]
      : []),
  ],
});
