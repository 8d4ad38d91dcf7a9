import { operation } from '@trestle/kernel';
import { z } from 'zod';

const output = z.object({
  origin: z.string(),
  /** Entries that it covers. */
  size: z.number().int(),
  root: z.string(),
  /** The signed note. */
  checkpoint: z.string(),
});
export type MadeCheckpoint = z.output<typeof output>;

/** Signs what the log holds now, for somebody else to keep. */
export const auditCheckpoint = operation({
  id: 'audit.checkpoint',
  summary: 'Sign how long the audit log is and what it holds, to be kept where nobody here can write.',
  kind: 'command',
  access: 'audit:read',
  input: z.object({
    key: z.string().min(1).max(1_000).describe('a file with the private Ed25519 key, PEM'),
    out: z.string().min(1).max(1_000).optional().describe('the file to write; it is printed when left out'),
  }),
  output,
  examples: ['trestle audit checkpoint --key audit.key --out /mnt/witness/today.txt'],
  load: () => import('./make-checkpoint.ts').then((module) => module.makeCheckpoint),
  present: ({ size, checkpoint }) => [
    { kind: 'note', tone: 'good', text: `The log is whole; its ${size} entries are signed.` },
    { kind: 'text', text: checkpoint },
  ],
});
