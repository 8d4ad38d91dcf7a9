import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { defineEvent, openHost, operation, plugin } from '@trestle/kernel';
import { metadataToken, storePlugin } from '@trestle/store';
import { z } from 'zod';

// A worker of its own for jobs.test.ts: `node jobs.test.child.ts DIR NAME`. Writes down what it does, a line each.
const [dir = '', name = ''] = process.argv.slice(2);

const count = operation({
  id: 'work.count',
  summary: 'Counts, slowly.',
  kind: 'job',
  access: 'work:do',
  input: z.object({ steps: z.number(), stuckOn: z.array(z.string()).default([]) }),
  output: z.object({ counted: z.number(), by: z.string() }),
  load:
    async () =>
    async (ctx, { steps, stuckOn }) => {
      appendFileSync(join(dir, 'said'), `${name} begins\n`);
      for (let step = 1; step <= steps || stuckOn.includes(name); step++) {
        ctx.progress({ step: `step ${step} of ${name}`, fraction: Math.min(1, step / steps) });
        await new Promise((resolve) => setTimeout(resolve, 50));
        ctx.signal.throwIfAborted();
      }
      return { counted: steps, by: name };
    },
});

const partMade = defineEvent('part.made', z.object({ by: z.string() }));

/** Says with each step that it does it; stops its own process in the step that it is told to. */
const stepped = operation({
  id: 'work.stepped',
  summary: 'Works in steps.',
  kind: 'job',
  access: 'work:do',
  input: z.object({ stopIn: z.string().default('') }),
  output: z.object({ made: z.array(z.string()) }),
  load:
    async () =>
    async (ctx, { stopIn }) => {
      const made: string[] = [];
      for (const part of ['one', 'two', 'three']) {
        const what = await ctx.step(part, async () => {
          appendFileSync(join(dir, 'said'), `${name} does ${part}\n`);
          // As the operating system would: nothing of the process runs until it is woken.
          if (`${name} ${part}` === stopIn) process.kill(process.pid, 'SIGSTOP');
          await (await ctx.service(metadataToken)).change(ctx, (change) =>
            change.record(partMade, `part:${part}`, { by: name }),
          );
          return `${part} by ${name}`;
        });
        made.push(what);
      }
      return { made };
    },
});

const host = await openHost({
  projectDir: dir,
  plugins: [storePlugin, plugin({ name: 'work', version: '1.0.0', operations: [count, stepped] })],
  env: { TRESTLE_STORE__RESERVE_BYTES: '0' },
  jobs: { leaseMs: 600, heartbeatMs: 100 },
});
process.on('SIGTERM', () => void host.close().then(() => process.exit(0)));
await host.start();
setInterval(() => {}, 60_000);
