import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Comparison, Ready } from '../runner/comparison.ts';
import { MODEL, servedProject, TRESTLE } from './project.ts';
import { served } from './served.ts';

const PAUSE_MS = 10;

/** A file of numbers to profile. */
async function writeRows(file: string, rows: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT range AS id, random() AS x, random() * 100 AS y, (random() * 300)::INTEGER AS z FROM range(${rows})) TO '${file}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
}

/** A caller at its ease: how long the slowest of a hundred answers takes, with or without work that the same server does. */
async function calm(isQuick: boolean, isBusy: boolean): Promise<Ready> {
  const { dir, trestle, remove } = await servedProject();
  const file = join(dir, 'data', 'many.parquet');
  await writeRows(file, isQuick ? 100_000 : 3_000_000);
  await trestle('data', 'add', file, '--name', 'many');
  const server = await served([TRESTLE, 'serve', '--port', '0', '--project', dir]);
  const post = async (operation: string, input: unknown): Promise<void> => {
    const answer = await fetch(`${server.url}/api/v1/${operation}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(input),
    });
    if (!answer.ok) throw new Error(`${operation}: ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  /** Each again when it has ended, as long as it is asked for. */
  const work = async (isOver: () => boolean): Promise<void> => {
    const spec = {
      data: 'customers',
      target: 'churned',
      exclude: ['customer', 'signed_up'],
      estimator: 'mlp',
    };
    await Promise.all(
      (
        [
          ['train', spec],
          ['data/profile', { name: 'many' }],
          ['model/verify', { model: MODEL }],
        ] as const
      ).map(async ([operation, input]) => {
        while (!isOver()) await post(operation, input);
      }),
    );
  };
  await server.load(1, 500);
  return {
    async measure() {
      let isOver = !isBusy;
      const working = work(() => isOver);
      const found = await server.load(1, isQuick ? 1_000 : 8_000, PAUSE_MS);
      isOver = true;
      await working;
      return found;
    },
    async close() {
      await server.close();
      await remove();
    },
  };
}

export const besideWork = (isQuick: boolean): Comparison => ({
  rows: [
    {
      name: 'p99 beside a training, a profile of 3M rows and a verification',
      reading: 'p99',
      unit: 'ms',
      better: 'lower',
      target: { over: 'idle', atMost: 1.5 },
    },
    { name: 'p50 beside them', reading: 'p50', unit: 'ms', better: 'lower' },
  ],
  ours: () => calm(isQuick, true),
  peers: { idle: () => calm(isQuick, false) },
});
