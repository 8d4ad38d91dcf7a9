/**
 * Trains `auto` on tables that were split and fitted by peers.py, measures it on the same rows, and prints the table:
 *
 *     node benchmarks/training/auto/auto.ts FOLDER BUDGET SPLITS [NAME,NAME]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { trainingToken } from '@trestle/contracts';
import { openHost } from '@trestle/kernel';
import { openModel } from '@trestle/model';
import { dataAdd, dataPlugin } from '@trestle/plugin-data';
import { registryPlugin } from '@trestle/plugin-registry';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { evaluateOperation, trainingPlugin, trainOperation } from '@trestle/plugin-training';
import { storePlugin } from '@trestle/store';

interface Result {
  readonly rmse?: number;
  readonly logLoss?: number;
  readonly rocAuc?: number;
  readonly accuracy?: number;
  readonly seconds: number;
}
interface Ours extends Result {
  /** One row through the model, in milliseconds. */
  readonly row: number;
  readonly kilobytes: number;
  readonly chosen: readonly string[];
}

const PEERS = ['linear', 'forest', 'hist', 'xgboost'] as const;
type Peers = Readonly<Record<(typeof PEERS)[number], Result>>;

const [, , folder = '', budget = '60s', splits = '1', only] = process.argv;
const json = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8'));
const targets = json<Record<string, [string, string]>>(join(import.meta.dirname, 'targets.json'));
const peers = json<Record<string, Peers>>(join(folder, 'peers.json'));
const ROWS_ALONE = 50;

/** Adds both parts, trains on the first within the budget, and measures on the second. */
async function measured(key: string, target: string, task: string): Promise<Ours> {
  const projectDir = await mkdtemp(join(tmpdir(), 'trestle-auto-'));
  const plugins = [storePlugin, dataPlugin, trackingPlugin, trainingPlugin, registryPlugin];
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

const found: Record<string, Ours> = {};
for (const [name, [target, task]] of Object.entries(targets)) {
  if (only !== undefined && !only.split(',').includes(name)) continue;
  for (let split = 0; split < Number(splits); split++) {
    const key = `${name}-${split}`;
    found[key] = await measured(key, target, task);
    process.stderr.write(`${key} ${found[key].seconds.toFixed(0)} s\n`);
    writeFileSync(join(folder, 'ours.json'), JSON.stringify(found, null, 1));
  }
}

/** The metric that a table is judged by: what all sides have. */
const metricOf = (one: Result): 'rmse' | 'rocAuc' | 'logLoss' =>
  one.rmse === undefined ? (one.rocAuc === undefined ? 'logLoss' : 'rocAuc') : 'rmse';
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

const sides = [...PEERS, 'auto'] as const;
const ranks = new Map<string, number[]>(sides.map((side) => [side, []]));
console.log(`| table | metric | splits | ${sides.join(' | ')} | s | ms a row | KB |`);
console.log(`| --- | --- | ---: | ${sides.map(() => '---:').join(' | ')} | ---: | ---: | ---: |`);
for (const name of Object.keys(targets)) {
  const keys = Object.keys(found).filter((key) => key.replace(/-\d+$/, '') === name);
  const [first] = keys;
  const linear = first === undefined ? undefined : peers[first]?.linear;
  if (!linear) continue;
  const metric = metricOf(linear);
  const values = sides.map((side) =>
    mean(keys.map((key) => (side === 'auto' ? found[key] : peers[key]?.[side])?.[metric] ?? Number.NaN)),
  );
  const isBetter = (a: number, b: number): boolean => (metric === 'rocAuc' ? a > b : a < b);
  const rank = values.map((value) => 1 + values.filter((other) => isBetter(other, value)).length);
  for (const [place, side] of sides.entries()) ranks.get(side)?.push(rank[place] ?? Number.NaN);
  const shown = values.map((value, place) =>
    rank[place] === 1 ? `**${Number(value.toPrecision(4))}**` : String(Number(value.toPrecision(4))),
  );
  const of = (what: 'seconds' | 'row' | 'kilobytes'): number =>
    mean(keys.map((key) => found[key]?.[what] ?? Number.NaN));
  console.log(
    `| ${name} | ${metric} | ${keys.length} | ${shown.join(' | ')} | ${of('seconds').toFixed(0)} | ${of('row').toFixed(2)} | ${of('kilobytes').toFixed(0)} |`,
  );
}
console.log(
  `| mean rank | | | ${sides.map((side) => mean(ranks.get(side) ?? []).toFixed(2)).join(' | ')} | | | |`,
);
