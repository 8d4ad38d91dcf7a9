import { operation } from '@trestle/kernel';
import { z } from 'zod';

const output = z.object({
  out: z.string(),
  events: z.number().int(),
  /** The hash of the last. */
  head: z.string(),
});
export type ExportedLog = z.output<typeof output>;

/** The log as a file that others can read and check. */
export const auditExport = operation({
  id: 'audit.export',
  summary: 'Write the whole audit log into a file of JSON lines, which anybody can verify without Trestle.',
  kind: 'command',
  access: 'audit:read',
  input: z.object({
    out: z.string().min(1).max(1_000).describe('the file to write, which is not there yet'),
  }),
  positionals: ['out'],
  output,
  examples: ['trestle audit export audit.jsonl'],
  load: () => import('./export-log.ts').then((module) => module.exportLog),
  present: ({ out, events, head }) => [
    { kind: 'note', tone: 'good', text: `${events} events are in ${out}; the last has the hash ${head}.` },
  ],
});
