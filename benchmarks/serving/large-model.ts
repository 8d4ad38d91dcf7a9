import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildModel, denseLayers } from '@trestle/model';
import { int } from '@trestle/onnx';
import type { Comparison, Ready } from '../runner/comparison.ts';
import { servedProject, TRESTLE } from './project.ts';
import { served } from './served.ts';

const CLIENTS = 64;
const NAME = 'network';
const FEATURES = Array.from({ length: 9 }, (_, n) => `x${n}`);
/** Some 1 MB of weights. */
const WIDTHS = [FEATURES.length, 500, 480, 1];
const BODY = JSON.stringify({ rows: [Object.fromEntries(FEATURES.map((name, n) => [name, n / 10]))] });

/** Numbers that are the same in every run. */
const weights = (count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, n) => Math.sin(n * 12.9898) / 20);

const network = (): Uint8Array =>
  buildModel({
    inputs: FEATURES.map((name) => ({ name, type: 'float32', dims: ['batch', 1] })),
    design: (graph) => graph.add('Concat', FEATURES, { axis: int(1) }),
    head: denseLayers(
      WIDTHS.slice(1).map((outputs, layer) => ({
        weights: weights((WIDTHS[layer] ?? 0) * outputs),
        bias: new Float32Array(outputs),
        activation: outputs > 1 ? ('relu' as const) : ('none' as const),
      })),
      'binary',
    ),
    outputs: 1,
    metadata: {
      schema: {
        task: 'binary',
        target: 'y',
        classes: ['no', 'yes'],
        threshold: 0.5,
        features: FEATURES.map((name) => ({ name, type: 'number', nullable: false })),
      },
      golden: { rows: [], predictions: [], tolerance: 1e-3 },
      metrics: {},
      card: '# A network of 1 MB',
      lineage: {},
      reference: { features: [] },
      estimator: 'mlp',
      licence: 'Apache-2.0',
      createdAt: '2026-01-01T00:00:00.000Z',
    },
  });

async function many(forMs: number, env: Readonly<Record<string, string>>): Promise<Ready> {
  const { dir, trestle, remove } = await servedProject();
  const file = join(dir, 'network.onnx');
  await writeFile(file, network());
  await trestle('model', 'register', file, '--name', NAME);
  await trestle('deploy', `${NAME}@1`, '--name', NAME);
  const server = await served([TRESTLE, 'serve', '--port', '0', '--project', dir], undefined, env);
  const load = (ms: number) => server.load(CLIENTS, ms, 0, { path: `/v1/predict/${NAME}`, body: BODY });
  await load(forMs);
  return {
    measure: () => load(forMs),
    async close() {
      await server.close();
      await remove();
    },
  };
}

/** Rows of several requests through a model together, and each by itself. */
export const largeModel = (isQuick: boolean): Comparison => {
  const forMs = isQuick ? 500 : 3_000;
  const requests = `one row of a network of 1 MB, ${CLIENTS} connections`;
  const alone = { TRESTLE_SERVING__MAX_BATCH_ROWS: '1' };
  return {
    rows: [
      {
        name: requests,
        reading: 'perSecond',
        unit: 'requests/s',
        better: 'higher',
        target: { over: 'each by itself', atLeast: 3 },
      },
      { name: `${requests}: p50`, reading: 'p50', unit: 'ms', better: 'lower' },
      {
        name: `${requests}: p99`,
        reading: 'p99',
        unit: 'ms',
        better: 'lower',
        target: { over: 'each by itself', atMost: 1 },
      },
    ],
    ours: () => many(forMs, {}),
    peers: { 'each by itself': () => many(forMs, alone) },
  };
};
