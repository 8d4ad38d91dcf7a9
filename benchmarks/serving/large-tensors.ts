import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeModel } from '@trestle/onnx';
import { Pool } from 'undici';
import type { Comparison, Ready } from '../runner/comparison.ts';
import { servedProject, TRESTLE } from './project.ts';
import { served } from './served.ts';

const BYTES = 8 * 2 ** 20;
const NAME = 'same';

/** A graph that gives back what it takes: what is measured is the way. */
const same = (): Uint8Array => {
  const value = { type: 'float32' as const, dims: ['n'] };
  return writeModel({
    irVersion: 8,
    opsets: [{ domain: '', version: 17 }],
    producer: 'benchmark',
    metadata: {},
    graph: {
      name: NAME,
      nodes: [{ name: 'n', operator: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }],
      initializers: [],
      inputs: [{ name: 'x', ...value }],
      outputs: [{ name: 'y', ...value }],
    },
  });
};

async function there(calls: number): Promise<Ready> {
  const { dir, trestle, remove } = await servedProject();
  const file = join(dir, 'same.onnx');
  await writeFile(file, same());
  await trestle('model', 'register', file, '--name', NAME);
  await trestle('deploy', `${NAME}@1`, '--name', NAME);
  const server = await served([TRESTLE, 'serve', '--port', '0', '--project', dir]);
  const pool = new Pool(server.url, { connections: 1, pipelining: 1 });
  const inputs = [
    { name: 'x', datatype: 'FP32', shape: [BYTES / 4], parameters: { binary_data_size: BYTES } },
  ];
  const json = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  const body = Buffer.concat([json, Buffer.alloc(BYTES, 1)]);
  const headers = {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(json.length),
  };
  const ask = async (): Promise<void> => {
    const answer = await pool.request({ method: 'POST', path: `/v2/models/${NAME}/infer`, headers, body });
    let length = 0;
    for await (const chunk of answer.body) length += chunk.length;
    if (answer.statusCode !== 200 || length < BYTES) throw new Error(`It was answered with ${length} bytes.`);
  };
  for (let n = 0; n < 5; n++) await ask();
  return {
    async measure() {
      const startedAt = performance.now();
      for (let n = 0; n < calls; n++) await ask();
      const ms = (performance.now() - startedAt) / calls;
      // In and out.
      return { ms, gbPerSecond: (2 * BYTES) / 1e6 / ms };
    },
    async close() {
      await pool.close();
      await server.close();
      await remove();
    },
  };
}

export const largeTensors = (isQuick: boolean): Comparison => ({
  rows: [
    {
      name: '8 MiB in and out as bytes, one connection',
      reading: 'gbPerSecond',
      unit: 'GB/s',
      better: 'higher',
      target: { over: 'itself', atLeast: 1 },
    },
    { name: '8 MiB in and out as bytes: a request', reading: 'ms', unit: 'ms', better: 'lower' },
  ],
  ours: () => there(isQuick ? 10 : 50),
  peers: {},
});
