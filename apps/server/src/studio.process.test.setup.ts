import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { predictionLogToken } from '@trestle/contracts';
import { dataAdd, dataPlugin } from '@trestle/plugin-data';
import { monitoringPlugin } from '@trestle/plugin-monitoring';
import { pipelinePlugin } from '@trestle/plugin-pipeline';
import { modelPromote, registryPlugin } from '@trestle/plugin-registry';
import { deployOperation, servingPlugin } from '@trestle/plugin-serving';
import { systemPlugin } from '@trestle/plugin-system';
import { runFinish, runLog, runStart, runTag, trackingPlugin } from '@trestle/plugin-tracking';
import { trainingPlugin, trainOperation } from '@trestle/plugin-training';
import { temporaryProject } from '@trestle/testing';
import { HOSTILE } from './hostile.test.setup.ts';
import { serverConfig, startServer } from './index.ts';
import { addOrders, CHECKED } from './studio-orders.test.setup.ts';
import { tidesPlugin } from './studio-plugin.test.setup.ts';

// A server with the built Studio over a small project whose names and values are meant to break a page.

const PLUGINS = [
  systemPlugin,
  dataPlugin,
  pipelinePlugin,
  trackingPlugin,
  trainingPlugin,
  registryPlugin,
  servingPlugin,
  monitoringPlugin,
  tidesPlugin,
];
const LEARNT_ROWS = 400;
const LIVE_ROWS = 240;
const ROLLED_REQUESTS = 400;

const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const row = (k: number) => ({
  [HOSTILE.column]: HOSTILE.values[k % HOSTILE.values.length] ?? '',
  [HOSTILE.number]: (k * 7) % 50,
});
const lines = Array.from({ length: LEARNT_ROWS }, (_, k) => {
  const { [HOSTILE.column]: text = '', [HOSTILE.number]: x = 0 } = row(k);
  return `${cell(String(text))},${x},${Number(x) > 25 ? 'yes' : 'no'}`;
});

const project = await temporaryProject();
const pipelines = [
  {
    name: 'features',
    steps: {
      fast: { sql: `SELECT * FROM "${HOSTILE.dataset}" WHERE "label" = 'yes'` },
      counted: { sql: 'SELECT count(*) AS n FROM fast' },
    },
  },
  CHECKED,
];
await writeFile(join(project.dir, 'trestle.config.json'), JSON.stringify({ data: { pipelines } }));
const host = await project.open(PLUGINS, { sections: [serverConfig] });
const local = { surface: 'cli' } as const;
await writeFile(
  join(project.dir, HOSTILE.file),
  `${cell(HOSTILE.column)},${cell(HOSTILE.number)},label\n${lines.join('\n')}\n`,
);
await host.run(dataAdd, { path: HOSTILE.file, name: HOSTILE.dataset }, local);
await addOrders(host, project.dir);
for (const seed of [1, 2]) {
  await host.run(
    trainOperation,
    { data: HOSTILE.dataset, target: 'label', estimator: 'mlp', seed, register: 'birds' },
    local,
  );
}
// Runs of somebody's own, one of which is under way.
for (let k = 0; k < 12; k += 1) {
  const { run } = await host.run(runStart, {
    experiment: 'tuning/nets',
    param: [`rate=${k / 100}`, `kind=${k % 2 === 0 ? 'plain' : HOSTILE.column}`, 'seed=1'],
  });
  for (let step = 0; step < 5; step += 1)
    await host.run(runLog, {
      run,
      metric: [`loss=${(12 - k) / (step + 1)}`, `epoch=${Math.floor(step / 2)}`],
    });
  await host.run(runTag, { run, tag: `stage=${k % 3 === 0 ? 'candidate' : 'tried'}` });
  if (k > 0) await host.run(runFinish, { run });
}
await host.run(modelPromote, { name: 'birds', version: 1, alias: 'champion' });
await host.run(deployOperation, { model: 'birds@champion' });
const studioDir = fileURLToPath(new URL('../../studio/dist', import.meta.url));
const server = await startServer(host, { port: 0, host: '127.0.0.1', studioDir });
let prediction = '';
for (let at = 0; at < LIVE_ROWS; at += 40) {
  const response = await fetch(`${server.url}/v1/predict/birds`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ rows: Array.from({ length: 40 }, (_, k) => row(at + k)) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new RangeError(JSON.stringify(answer));
  prediction = String(Reflect.get(Object(answer), 'id'));
}
// Another deployment, of which a rollout is under way: judged by this server as by any other.
await host.run(deployOperation, { model: 'birds@1', name: 'rolled' });
await host.run(deployOperation, {
  model: 'birds@2',
  name: 'rolled',
  strategy: 'canary',
  options: { steps: [50], minRequests: 10_000 },
});
const rolled = async (at: number): Promise<string> => {
  const response = await fetch(`${server.url}/v1/predict/rolled`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ rows: [row(at)] }),
  });
  return await response.text();
};
// Nothing is counted until the challenger is ready: until it answers.
while (!/"version":2\b/.test(await rolled(0))) await setTimeout(20);
for (let at = 0; at < ROLLED_REQUESTS; at += 8)
  await Promise.all(Array.from({ length: 8 }, (_, k) => rolled(at + k)));
await (await host.service(predictionLogToken)).flush();
process.once('SIGTERM', () => {
  void server
    .close()
    .then(() => project.remove())
    .then(() => process.exit(0));
});
process.send?.({ url: server.url, prediction });
