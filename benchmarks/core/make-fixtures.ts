// `node benchmarks/core/make-fixtures.ts`: what PyTorch gives for the small workloads, for `workloads.test.ts`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peerVersions } from './peers.ts';
import { startSide } from './side-process.ts';
import { programs } from './sides.ts';
import { smallWorkloads } from './small-workloads.ts';

const results: Record<string, readonly number[]> = {};
for (const [name, workload] of Object.entries(smallWorkloads)) {
  const side = startSide(programs.pytorch());
  const opened = await side.open(workload);
  side.end();
  if ('why' in opened) throw new Error(`${name}: ${opened.why}`);
  results[name] = opened.result.map((value) => Number(value.toPrecision(7)));
}
const file = join(import.meta.dirname, 'fixtures', 'torch.json');
writeFileSync(file, `${JSON.stringify({ pytorch: peerVersions().pytorch, results }, null, 1)}\n`);
