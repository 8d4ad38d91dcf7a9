import process from 'node:process';
import { operation, plugin } from '@trestle/kernel';
import { z } from 'zod';

const work = (id: string, run: (signal: AbortSignal) => Promise<void>) =>
  operation({
    id,
    summary: 'Tells which process does it.',
    kind: 'job',
    access: 'work:do',
    input: z.object({}),
    output: z.object({ pid: z.number() }),
    load: async () => async (ctx) => {
      ctx.progress({ step: 'working', values: { pid: process.pid } });
      await run(ctx.signal);
      return { pid: process.pid };
    },
  });

/** A job that is done at once, and one that waits until it is told to end. */
export const workPlugin = plugin({
  name: 'work',
  version: '1.0.0',
  operations: [
    work('work.quick', async () => {}),
    work(
      'work.waits',
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    ),
  ],
});
