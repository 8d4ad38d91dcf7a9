import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainingToken } from '@trestle/contracts';
import { openHost, type Plugin } from '@trestle/kernel';
import { openModel } from '@trestle/model';
import { dataAdd, dataPlugin } from '@trestle/plugin-data';
import { registryPlugin } from '@trestle/plugin-registry';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { evaluateOperation, trainingPlugin, trainOperation } from '@trestle/plugin-training';
import { storePlugin } from '@trestle/store';

export interface Result {
  readonly rmse?: number;
  readonly logLoss?: number;
  readonly rocAuc?: number;
  readonly accuracy?: number;
  readonly seconds: number;
}
export interface Ours extends Result {
  /** One row through the model, in milliseconds. */
  readonly row: number;
  readonly kilobytes: number;
  readonly chosen: readonly string[];
}

const ROWS_ALONE = 50;

/** The metric that a table is judged by: what all sides have. */
export const metricOf = (one: Result): 'rmse' | 'rocAuc' | 'logLoss' =>
  one.rmse === undefined ? (one.rocAuc === undefined ? 'logLoss' : 'rocAuc') : 'rmse';
export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * Adds both parts of a split, trains `auto` on the first within the budget, and measures on the second.
 *
 * @param options.more plugins that bring `auto` more to try
 */
export async function measured(options: {
  readonly folder: string;
  /** `wine-0` */
  readonly key: string;
  readonly target: string;
  readonly task: string;
  readonly budget: string;
  readonly more?: readonly Plugin[];
}): Promise<Ours> {
  const { folder, key, target, task, budget, more = [] } = options;
  const projectDir = await mkdtemp(join(tmpdir(), 'trestle-auto-'));
  const plugins = [storePlugin, dataPlugin, trackingPlugin, trainingPlugin, registryPlugin, ...more];
  const host = await openHost({ projectDir, plugins });
  try {
    const type = task === 'regression' ? [] : [`${target}=string`];
    for (const part of ['train', 'test']) {
      const path = join(folder, 'splits', `${key}-${part}.csv`);
      await host.run(dataAdd, { path, name: part, type }, { surface: 'cli' });
    }
    const began = performance.now();
    const { run, candidates } = await host.run(trainOperation, {
      ...{ data: 'train', target, budget, register: 'model' },
      task: task === 'regression' ? 'regression' : 'auto',
    });
    const seconds = (performance.now() - began) / 1e3;
    const { metrics } = await host.run(evaluateOperation, { model: 'model', data: 'test' });
    const training = await host.service(trainingToken);
    const bytes = await training.modelBytes(await training.run(run));
    const model = await openModel(bytes);
    const [row = {}] = model.metadata?.golden.rows ?? [];
    await model.predict([row]);
    const since = performance.now();
    for (let asked = 0; asked < ROWS_ALONE; asked++) await model.predict([row]);
    const known = Object.entries(metrics).flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
    return {
      ...Object.fromEntries(known),
      seconds,
      row: (performance.now() - since) / ROWS_ALONE,
      kilobytes: bytes.length / 1024,
      chosen: candidates.filter(({ chosen }) => chosen).map(({ estimator }) => estimator),
    };
  } finally {
    await host.close();
    await rm(projectDir, { recursive: true, force: true });
  }
}
