import process from 'node:process';
import { openHost } from '@trestle/kernel';
import { pipelinePlugin, pipelineRun } from '@trestle/plugin-pipeline';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { storePlugin } from '@trestle/store';
import { dataPlugin } from '../index.ts';

// A process of its own for steps-behind.test.ts, which kills it: `node steps-behind.test.child.ts DIR`. It says when it begins.
const host = await openHost({
  projectDir: process.argv[2] ?? '',
  plugins: [storePlugin, dataPlugin, trackingPlugin, pipelinePlugin],
  env: { TRESTLE_STORE__RESERVE_BYTES: '0', TRESTLE_STORE__LOCK_WAIT_MS: '100000' },
});
process.stdout.write('begun\n');
await host.run(pipelineRun, { name: 'chain' });
await host.close();
