import process from 'node:process';
import { openHost } from '@trestle/kernel';
import { storePlugin } from '@trestle/store';
import { dataAdd, dataPlugin } from '../index.ts';

// A process of its own for databases.test.ts: `node databases.test.child.ts DIR ADDRESS QUERY` adds the rows of a query strictly,
// and has 3 for its exit code where that was refused.
const [dir = '', path = '', query = ''] = process.argv.slice(2);
const host = await openHost({
  projectDir: dir,
  plugins: [storePlugin, dataPlugin],
  env: { TRESTLE_STORE__RESERVE_BYTES: '0' },
});
await host.run(dataAdd, { path, name: 'strict', query, names: 'strict' }, { surface: 'cli' }).catch(() => {
  process.exitCode = 3;
});
await host.close();
