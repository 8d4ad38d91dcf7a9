import { writeSync } from 'node:fs';
import process from 'node:process';
import { openHost } from '@trestle/kernel';
import { blobsToken, storePlugin } from '@trestle/store';
import { dataGc, dataPlugin } from '../index.ts';

// A process of its own for gc.test.ts, which kills it: `node gc.test.child.ts DIR`. It says a line per blob that it removes.
const host = await openHost({
  projectDir: process.argv[2] ?? '',
  plugins: [storePlugin, dataPlugin],
  env: { TRESTLE_STORE__RESERVE_BYTES: '0', TRESTLE_STORE__LOCK_WAIT_MS: '100000' },
});
const blobs = await host.service(blobsToken);
const { remove } = blobs;
Object.assign(blobs, {
  async remove(digest: string) {
    await remove(digest);
    writeSync(1, 'removed\n');
    // Room for the signal to come in the middle of a batch.
    await new Promise((resolve) => setTimeout(resolve, 20));
  },
});
await host.run(dataGc, {});
await host.close();
