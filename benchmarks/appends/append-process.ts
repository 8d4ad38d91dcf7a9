// Appends rows one at a time to "first" and says how each ended: `node append-process.ts DIR FIRST COUNT`.
import { writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { isTrestleError, openHost } from '@trestle/kernel';
import { dataAdd, dataPlugin } from '@trestle/plugin-data';
import { storePlugin } from '@trestle/store';

const [dir = '', first = '0', count = '0'] = process.argv.slice(2);
const host = await openHost({ projectDir: dir, plugins: [storePlugin, dataPlugin] });
for (let id = Number(first); id < Number(first) + Number(count); id++) {
  const path = join(dir, `row-${id}.csv`);
  // What was there has the 1 in this column.
  writeFileSync(path, `a,b\n${id + 1},${id}\n`);
  const startedAt = performance.now();
  const end = await host.run(dataAdd, { path, name: 'first', append: true }, { surface: 'cli' }).then(
    () => 'landed',
    (thrown: unknown) => {
      if (isTrestleError(thrown)) return thrown.code;
      throw thrown;
    },
  );
  writeSync(1, `${end} ${Math.round(performance.now() - startedAt)}\n`);
}
await host.close();
