import { predictionLogToken, trackingToken } from '@trestle/contracts';
import type { Host } from '@trestle/kernel';
import { dataAdd, dataList } from '@trestle/plugin-data';
import { monitorFeedback } from '@trestle/plugin-monitoring';
import { modelList, modelPromote } from '@trestle/plugin-registry';
import { deployOperation } from '@trestle/plugin-serving';
import { trainOperation } from '@trestle/plugin-training';

const ROWS = 100;
const lines = Array.from({ length: ROWS }, (_, n) => `${n},${n % 7},${(n % 7) + n / 100 > 3 ? 'yes' : 'no'}`);

const labels = Array.from({ length: ROWS }, (_, n) => ({
  id: `p-${n}`,
  row: 0,
  label: n % 5 > 2 ? 'yes' : 'no',
}));

/** The rows of the project, and what became of those that its model answered. */
export const files = {
  'rows.csv': `day,size,bought\n${lines.join('\n')}\n`,
  'labels.jsonl': labels.map((label) => JSON.stringify(label)).join('\n'),
};

export const addRows = (host: Host) =>
  host.run(dataAdd, { path: 'rows.csv', name: 'rows' }, { surface: 'cli' });

/** What the training of the project is asked for. */
export const spec = { data: 'rows', target: 'bought', estimator: 'linear' as const, exclude: ['day'] };

/** A model that serves, and has answered rows whose labels are known. */
export async function deployWithLabels(host: Host): Promise<void> {
  await host.run(trainOperation, { ...spec, register: 'shop' });
  await host.run(modelPromote, { name: 'shop', version: 1, alias: 'champion' });
  await host.run(deployOperation, { model: 'shop@champion', name: 'shop' });
  const log = await host.service(predictionLogToken);
  for (const [n, { id }] of labels.entries())
    log.append({
      id,
      deployment: 'shop',
      revision: 1,
      model: { name: 'shop', version: 1 },
      time: new Date(Date.now() - 1_000 * (ROWS - n)).toISOString(),
      latencyMs: 1,
      count: 1,
      inputs: JSON.stringify([{ size: n % 5 }]),
      outputs: JSON.stringify([{ label: 'no', probabilities: { no: 0.7, yes: 0.3 } }]),
      imputed: 0,
    });
  await log.flush();
  await host.run(monitorFeedback, { deployment: 'shop', input: 'labels.jsonl' }, { surface: 'cli' });
}

/** All that the project holds, without ids and times. */
export async function outcome(host: Host): Promise<unknown> {
  const { datasets } = await host.run(dataList, {});
  const { models } = await host.run(modelList, {});
  const tracking = await host.service(trackingToken);
  const runs = await tracking.list({ limit: 100 });
  return {
    datasets: datasets.map(({ dataset, version, rows }) => ({ dataset, version, rows })),
    models: models.map(({ name, version, aliases }) => ({ name, version, aliases })),
    runs: runs.map(({ kind, experiment, status, metrics }) => ({ kind, experiment, status, metrics })),
  };
}
