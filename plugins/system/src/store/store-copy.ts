import { operation } from '@trestle/kernel';
import { z } from 'zod';

const output = z.object({
  from: z.string(),
  to: z.string(),
  /** Each blob of the one is in the other with as many bytes; it is an error when one is not. */
  checked: z.literal(true),
  copied: z.number().int(),
  /** They were there already. */
  skipped: z.number().int(),
  /** Of those copied. */
  bytes: z.number().int(),
});
export type CopiedBlobs = z.output<typeof output>;

/** Copies a project's content to where it will be kept. */
export const storeCopy = operation({
  id: 'store.copy',
  summary: 'Copy the content of a project to another place, and prove that all of it arrived.',
  kind: 'command',
  access: 'system:write',
  input: z.object({
    from: z.string().min(1).max(50).describe('the place that has it, files'),
    to: z.string().min(1).max(50).describe('the place that gets it, s3'),
  }),
  positionals: ['from', 'to'],
  output,
  load: () => import('./copy-blobs.ts').then((module) => module.copyBlobs),
  present: ({ from, to, copied, skipped, bytes }) => [
    {
      kind: 'note',
      tone: 'good',
      text: `All that is in ${from} is in ${to}: ${copied} blobs (${bytes} bytes) were copied, ${skipped} were there already.`,
    },
    {
      kind: 'note',
      tone: 'info',
      text: `Nothing reads it yet: name ${to} in the configuration from now on. What is written to ${from} meanwhile is copied by running this again.`,
    },
  ],
});
