import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import process from 'node:process';
import { contribute, defineEvent, jobStoreToken, openHost, plugin, systemPrincipal } from '@trestle/kernel';
import { blobsToken, metadataToken, migrations, storePlugin } from '@trestle/store';
import { z } from 'zod';

// A process of its own for processes.test.ts: `node store-process.test.child.ts DIR WHAT COUNT NAME`.
const [dir = '', what = '', count = '0', name = ''] = process.argv.slice(2);
const actor = { principal: systemPrincipal, requestId: name, operation: 'test' };

const thingMade = defineEvent('thing.made', z.object({ n: z.number() }));

/** Tells the parent at once: what is buffered would be lost with the process. */
const say = (line: string): void => void writeSync(1, `${line}\n`);

/** A schema step that never ends: the process is killed in it. */
const unfinished = plugin({
  name: 'unfinished',
  version: '1.0.0',
  contributions: [
    contribute(migrations, {
      name: 'thing-0001-made',
      up: async (db) => {
        await db.schema.createTable('thing_one').addColumn('id', 'integer').execute();
      },
    }),
    contribute(migrations, {
      name: 'thing-0002-more',
      up: async (db) => {
        await db.schema.createTable('thing_two').addColumn('id', 'integer').execute();
        say('in the middle');
        await new Promise((resolve) => setTimeout(resolve, 600_000));
      },
    }),
  ],
});

const host = await openHost({
  projectDir: dir,
  plugins: [storePlugin, ...(what === 'migrate' ? [unfinished] : [])],
  // What is tested is that nothing is lost, not how long one waits: processes that write without a pause, on a machine
  // that has other work, can keep one of them from the lock for longer than the ten seconds a user is asked to wait.
  env: { TRESTLE_STORE__RESERVE_BYTES: '0', TRESTLE_STORE__LOCK_WAIT_MS: '100000' },
});
const metadata = await host.service(metadataToken);

if (what === 'change') {
  for (let n = 0; n < Number(count); n++) {
    const event = await metadata.change(actor, async ({ record, link }) => {
      await link({ from: `run:${name}`, to: `model:${name}-${n}@1`, kind: 'registered' });
      return await record(thingMade, `thing:${name}-${n}`, { n });
    });
    say(String(event.seq));
  }
}
if (what === 'put') {
  const blobs = await host.service(blobsToken);
  for (let n = 0; n < Number(count); n++) say((await blobs.put(pieces())).digest);
}
if (what === 'claim') {
  const job = await (await host.service(jobStoreToken)).claim(name, 300, 3);
  say(job?.id ?? 'none');
  await new Promise((resolve) => setTimeout(resolve, 600_000));
}
await host.close();

async function* pieces() {
  for (let n = 0; n < 12; n++) yield randomBytes(2 ** 17);
}
