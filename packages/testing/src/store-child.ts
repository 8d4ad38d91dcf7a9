import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import {
  contribute,
  defineEvent,
  jobStoreToken,
  journalToken,
  leasesToken,
  newEvent,
  openHost,
  plugin,
  systemPrincipal,
} from '@trestle/kernel';
import { blobsToken, metadataToken, migrations, storePlugin } from '@trestle/store';
import { z } from 'zod';

// A process of its own for the contracts of stores: `node store-child DIR NAME SKEW_MS`. It does what each line says, and answers with one.
const [dir = '', name = '', skew = '0'] = process.argv.slice(2);
setClock(Number(skew));
const actor = { principal: systemPrincipal, requestId: name, operation: 'test' };
const thingMade = defineEvent('thing.made', z.object({ n: z.number() }));

/** Tells the parent at once: what is buffered would be lost with the process. */
const say = (answer: unknown): void => void writeSync(1, `${JSON.stringify(answer ?? null)}\n`);

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

const open = async (plugins = [storePlugin]) => await openHost({ projectDir: dir, plugins });
let host = await open();

const work: Readonly<Record<string, (...args: string[]) => unknown>> = {
  /** Changes without an end; each is said when it is durable. */
  async change() {
    const metadata = await host.service(metadataToken);
    for (let n = 0; ; n++) {
      const event = await metadata.change(actor, async ({ record, link }) => {
        await link({ from: `run:${name}`, to: `model:${name}-${n}@1`, kind: 'registered' });
        return await record(thingMade, `thing:${name}-${n}`, { n });
      });
      say(event.seq);
    }
  },
  async append(count = '1') {
    const journal = await host.service(journalToken);
    for (let n = 1; n < Number(count); n++)
      await journal.append(actor, newEvent(thingMade, `thing:${name}`, { n }));
    return await journal.append(actor, newEvent(thingMade, `thing:${name}`, { n: 0 }));
  },
  async put() {
    const blobs = await host.service(blobsToken);
    for (;;) say((await blobs.put(pieces())).digest);
  },
  async migrate() {
    await host.close();
    host = await open([storePlugin, unfinished] as never);
    await host.service(metadataToken);
  },
  enqueue: async (id = '') =>
    await (await host.service(jobStoreToken)).enqueue({
      id,
      operation: 'x',
      input: {},
      principal: systemPrincipal,
    }),
  claim: async (leaseMs) => await (await host.service(jobStoreToken)).claim(name, Number(leaseMs), 3),
  step: async (job = '', generation = '', step = '') =>
    await (await host.service(jobStoreToken)).keepStep(
      { job, generation: Number(generation) },
      { name: step, result: null, tookMs: 5 },
    ),
  lease: async (lease = '', ttlMs = '') =>
    await (await host.service(leasesToken)).acquire(lease, name, Number(ttlMs)),
  time: () => new Date().toISOString(),
};

say('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [what = '', ...args] = line.split(' ');
  say(await work[what]?.(...args));
}
await host.close();

/** Sets this process's clock, as far as its own code can see. */
function setClock(skewMs: number): void {
  const now = (): number => performance.timeOrigin + performance.now() + skewMs;
  globalThis.Date = new Proxy(Date, {
    construct: (target, args) => Reflect.construct(target, args.length === 0 ? [now()] : args),
    get: (target, key) => (key === 'now' ? () => Math.floor(now()) : Reflect.get(target, key)),
  });
}

async function* pieces() {
  for (let n = 0; n < 12; n++) yield randomBytes(2 ** 17);
}
