import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';

const eventSchema = z.object({
  seq: z.number().int(),
  id: z.string(),
  type: z.string(),
  subject: z.string(),
  payload: z.record(z.string(), z.unknown()),
  actor: z.string(),
  operation: z.string(),
  requestId: z.string(),
  time: z.string(),
  hash: z.string(),
  unreadable: z.string().optional().describe('Why it cannot be read, where it is damaged.'),
});

const input = z.object({
  limit: z.number().int().min(1).max(10_000).default(50).describe('how many events'),
  after: z.number().int().min(0).default(0).describe('only events behind this position in the log'),
  type: z.array(z.string()).optional().describe('only these types, model.promoted'),
  subject: z.string().optional().describe('only about this, model:strikes@3'),
});
export type AuditLogInput = z.output<typeof input>;

const output = z.object({ events: z.array(eventSchema) });
export type AuditLogOutput = z.output<typeof output>;

/** Who did what, newest first. */
export const auditLog = operation({
  id: 'audit.log',
  summary: 'Show who did what, newest first.',
  kind: 'query',
  access: 'audit:read',
  input,
  output,
  load: () => import('./read-log.ts').then((module) => module.readLog),
  present: ({ events }) => [
    {
      kind: 'table',
      columns: [
        { key: 'seq', label: '#', align: 'right' },
        { key: 'time', label: 'time (UTC)' },
        { key: 'type', label: 'what' },
        { key: 'subject', label: 'about' },
        { key: 'actor', label: 'who' },
        { key: 'operation', label: 'by' },
      ],
      rows: events.map(({ payload: _payload, time, ...event }) => ({
        ...event,
        time: time.slice(0, 19).replace('T', ' '),
      })),
    },
    ...events.flatMap(({ seq, unreadable }): View[] =>
      unreadable === undefined
        ? []
        : [
            {
              kind: 'note',
              tone: 'bad',
              text: `Event ${seq} cannot be read: ${unreadable}. Run "trestle audit verify", and compare with a backup.`,
            },
          ],
    ),
  ],
});
