import { writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { openHost } from '@trestle/kernel';
import { storePlugin } from '@trestle/store';
import { dataAdd, dataPlugin } from '../index.ts';

// A process of its own for append-parts.test.ts: `node append-parts.test.child.ts DIR FIRST COUNT` appends a row at a time
// to "things", and says the number of each that it was told is in.
const [dir = '', first = '0', count = '0'] = process.argv.slice(2);
const host = await openHost({
  projectDir: dir,
  plugins: [storePlugin, dataPlugin],
  env: { TRESTLE_STORE__RESERVE_BYTES: '0', TRESTLE_STORE__LOCK_WAIT_MS: '100000' },
});
for (let id = Number(first); id < Number(first) + Number(count); id++) {
  const path = join(dir, `row-${id}.csv`);
  writeFileSync(path, `id,word\n${id},row ${id}\n`);
  await host.run(dataAdd, { path, name: 'things', append: true }, { surface: 'cli' });
  writeSync(1, `${id}\n`);
}
await host.close();
