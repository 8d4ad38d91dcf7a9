import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { defineEvent, jobStoreToken, openHost, systemPrincipal } from '@trestle/kernel';
import { blobsToken, metadataToken, storePlugin } from '@trestle/store';
import { z } from 'zod';

// A process of its own for power-cut.test.ts: `node power-cut.test.child.ts DIR FAULT NAME`. For each line that it is sent it does
// what the line says, and says what of it was acknowledged.
const [dir = '', fault = '', name = ''] = process.argv.slice(2);
const actor = { principal: systemPrincipal, requestId: name, operation: 'test' };
const thingMade = defineEvent('thing.made', z.object({ n: z.number() }));

/** Faults of the store, as if it left something out. */
if (fault === 'synchronous = NORMAL') {
  const { exec } = DatabaseSync.prototype;
  DatabaseSync.prototype.exec = function (sql) {
    exec.call(this, sql.replace('synchronous = FULL', 'synchronous = NORMAL'));
  };
}
if (fault.startsWith('no fsync')) {
  const handle = await open(dir, 'r');
  const proto: typeof handle = Object.getPrototypeOf(handle);
  await handle.close();
  const { sync } = proto;
  proto.sync = async function () {
    const isDir = (await this.stat()).isDirectory();
    if (isDir !== (fault === 'no fsync of the folder')) await sync.call(this);
  };
}

/** Tells the parent at once: what is buffered would be lost with the process. */
const say = (line: string): void => void writeSync(1, `${line}\n`);

const host = await openHost({
  projectDir: dir,
  plugins: [storePlugin],
  env: { TRESTLE_STORE__RESERVE_BYTES: '0' },
});
const metadata = await host.service(metadataToken);
const blobs = await host.service(blobsToken);
const jobs = await host.service(jobStoreToken);

let made = 0;
const work = {
  async change() {
    const n = made++;
    await metadata.change(actor, ({ record }) => record(thingMade, `thing:${name}-${n}`, { n }));
    say(`event thing:${name}-${n}`);
  },
  async blob() {
    const { digest } = await blobs.put(randomBytes(3_000));
    say(`blob ${digest}`);
  },
  /** Data, which is synced behind the transaction. */
  async job() {
    const id = `${name}-${made++}`;
    await jobs.enqueue({ id, operation: 'work.do', input: {}, principal: systemPrincipal });
    say(`job ${id}`);
  },
  /** All at once, without an end. */
  async crowd() {
    for (;;) await Promise.all([work.blob(), work.change(), work.job(), work.blob()]);
  },
};
// The folders of the store are there, and their names are durable.
await work.change();
say('ready');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'change' || line === 'blob' || line === 'job' || line === 'crowd') await work[line]();
  say('done');
}
