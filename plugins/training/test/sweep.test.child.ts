import process from 'node:process';
import { openHost } from '@trestle/kernel';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { storePlugin } from '@trestle/store';
import { sweepStart, trainingPlugin } from '../dist/index.js';

const [, , projectDir = ''] = process.argv;
const host = await openHost({
  projectDir,
  plugins: [storePlugin, trackingPlugin, trainingPlugin],
  cwd: projectDir,
  env: { TRESTLE_STORE__RESERVE_BYTES: '0' },
  jobs: { leaseMs: 2_000 },
});
await host.run(sweepStart, { file: 'sweep.json' }, { surface: 'cli' });
await host.close();
