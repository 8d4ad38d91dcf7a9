import process from 'node:process';
import { openHost } from '@trestle/kernel';
import { storePlugin } from '@trestle/store';
import { workPlugin } from './job-processes.test.setup.ts';

// A job process for job-processes.test.ts: `node job-processes.test.child.ts DIR HOLDER`.
const [dir = '', holder = ''] = process.argv.slice(2);

const host = await openHost({
  projectDir: dir,
  plugins: [storePlugin, workPlugin],
  env: { TRESTLE_STORE__RESERVE_BYTES: '0' },
  holder,
});
const end = (): void => void host.close().then(() => process.exit(0));
process.once('SIGTERM', end);
process.once('disconnect', end);
await host.start();
