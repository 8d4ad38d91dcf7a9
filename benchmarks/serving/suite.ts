import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openModel } from '@trestle/model';
import type { Comparison, Ready, Suite, SuiteOptions } from '../runner/comparison.ts';
import { besideWork } from './beside-work.ts';
import { largeModel } from './large-model.ts';
import { largeTensors } from './large-tensors.ts';
import { MODEL, ROW, servedProject, TRESTLE } from './project.ts';
import { served } from './served.ts';

const CLIENTS = 16;

/** The model in this process, without a server. */
async function inProcess(calls: number): Promise<Ready> {
  const { dir, trestle, remove } = await servedProject();
  const file = join(dir, 'churn.onnx');
  await trestle('model', 'export', MODEL, '--out', file);
  const model = await openModel(new Uint8Array(await readFile(file)));
  const thousand = Array.from({ length: 1_000 }, () => ROW);
  for (let n = 0; n < 500; n++) await model.predict([ROW]);
  return {
    async measure() {
      const one = performance.now();
      for (let n = 0; n < calls; n++) await model.predict([ROW]);
      const many = performance.now();
      for (let n = 0; n < calls / 100; n++) await model.predict(thousand);
      return {
        one: ((many - one) / calls) * 1_000,
        thousand: (performance.now() - many) / (calls / 100),
      };
    },
    close: remove,
  };
}

async function serving(forMs: number): Promise<Ready> {
  const { dir, remove } = await servedProject();
  const server = await served([TRESTLE, 'serve', '--port', '0', '--project', dir]);
  return {
    measure: () => server.load(CLIENTS, forMs),
    async close() {
      await server.close();
      await remove();
    },
  };
}

async function bare(forMs: number): Promise<Ready> {
  const server = await served([join(import.meta.dirname, 'bare-route.ts')]);
  return { measure: () => server.load(CLIENTS, forMs), close: server.close };
}

export const suite: Suite = {
  summary:
    'predictions of one row: in process, over HTTP beside a route that does nothing, and beside other work of the server',
  rounds: 5,
  comparisons({ isQuick }: SuiteOptions): readonly Comparison[] {
    const forMs = isQuick ? 500 : 3_000;
    const requests = 'one row over HTTP, 16 connections';
    return [
      {
        rows: [
          {
            name: 'one row in process',
            reading: 'one',
            unit: 'µs',
            better: 'lower',
            target: { over: 'itself', atMost: 50 },
          },
          { name: '1,000 rows in process', reading: 'thousand', unit: 'ms', better: 'lower' },
        ],
        ours: () => inProcess(isQuick ? 200 : 3_000),
        peers: {},
      },
      {
        rows: [
          {
            name: requests,
            reading: 'perSecond',
            unit: 'requests/s',
            better: 'higher',
            target: { over: 'bare Fastify route', atLeast: 0.6 },
          },
          { name: `${requests}: p50`, reading: 'p50', unit: 'ms', better: 'lower' },
          { name: `${requests}: p99`, reading: 'p99', unit: 'ms', better: 'lower' },
        ],
        ours: () => serving(forMs),
        peers: { 'bare Fastify route': () => bare(forMs) },
      },
      largeModel(isQuick),
      largeTensors(isQuick),
      besideWork(isQuick),
    ];
  },
};
