import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ModelVersion, modelsToken, trainingToken } from '@trestle/contracts';
import { type Host, plugin, provide } from '@trestle/kernel';
import { openModel } from '@trestle/model';
import { dataAdd, dataPlugin } from '@trestle/plugin-data';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelOptimize, trainingPlugin, trainOperation } from '../src/index.ts';
import { worseMetric } from '../src/operations/optimize-handler.ts';

/** What was registered, in order: what the registry plugin does is tested there. */
interface Taken {
  readonly bytes: Uint8Array;
  readonly madeFrom?: string;
}

describe('optimising a registered model', () => {
  let project: TemporaryProject;
  let host: Host;
  const kept = new Map<string, Uint8Array>();
  const taken: Taken[] = [];
  const versionOf = (name: string, version: number): ModelVersion => ({
    ...{ name, version, digest: '0'.repeat(64), aliases: [], metrics: {} },
    createdAt: '2026-01-01T00:00:00.000Z',
  });
  const registry = plugin({
    name: 'registry-of-two',
    version: '1.0.0',
    services: [
      provide(modelsToken, async () => ({
        resolve: async (reference: string) => versionOf(reference, 3),
        bytes: async ({ name }) => kept.get(name) ?? new Uint8Array(),
        register: async (_actor, { name, bytes, madeFrom }) => {
          taken.push({ bytes, ...(madeFrom === undefined ? {} : { madeFrom }) });
          return versionOf(name, 4);
        },
        refusal: () => Promise.reject(new Error('not asked')),
        promote: () => Promise.reject(new Error('not asked')),
      })),
    ],
  });

  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin, trackingPlugin, trainingPlugin, registry]);
    const rows = Array.from({ length: 600 }, (_, n) => {
      const [paid, years] = [(n * 37) % 100, (n * 11) % 17];
      return `${paid},${years},${paid + 3 * years > 80 ? 'yes' : 'no'}`;
    });
    await writeFile(join(project.dir, 'customers.csv'), `paid,years,left\n${rows.join('\n')}\n`);
    await host.run(dataAdd, { path: 'customers.csv', name: 'customers' }, { surface: 'cli' });
    const training = await host.service(trainingToken);
    for (const estimator of ['mlp', 'trees']) {
      const { run } = await host.run(trainOperation, { data: 'customers', target: 'left', estimator });
      kept.set(estimator, await training.modelBytes(await training.run(run)));
    }
  }, 120_000);
  afterAll(() => project.remove());

  it('keeps weights smaller, answers golden examples anew, and measures both', async () => {
    const found = await host.run(modelOptimize, { model: 'mlp', to: 'int8', data: 'customers', most: 0.2 });
    expect(found).toMatchObject({ name: 'mlp', version: 4, from: 3 });
    expect(found.weights).toBeGreaterThan(0);
    expect(found.size.after).toBeLessThan(found.size.before);
    expect(found.speed?.after).toBeGreaterThan(0);
    expect(found.metrics?.after.accuracy).toBeGreaterThan(0.8);
    const made = taken.at(-1);
    expect(made?.madeFrom).toBe('model:mlp@3');
    const model = await openModel(made?.bytes ?? new Uint8Array());
    expect(await model.verify()).toMatchObject({ verified: true });
    expect(model.examples.length).toBeGreaterThan(10);
    expect(model.metadata?.metrics).toEqual(found.metrics?.after);
    expect(model.card).toContain('weights are kept as int8');
  });

  it.each([
    ['of each batch', {}, undefined],
    ['that were measured', { calibrate: 'customers' }, { dataset: 'customers@1', rows: 600 }],
  ] as const)('computes in integers, by ranges %s', async (_, how, calibrated) => {
    const asked = { model: 'mlp', to: 'int8', compute: 'integers', data: 'customers', most: 0.2 } as const;
    const found = await host.run(modelOptimize, { ...asked, ...how });
    expect(found.integers).toBeGreaterThan(0);
    expect(found.calibrated).toEqual(calibrated);
    expect(found.size.after).toBeLessThan(found.size.before);
    expect(found.metrics?.after.accuracy).toBeGreaterThan(0.8);
    const model = await openModel(taken.at(-1)?.bytes ?? new Uint8Array());
    expect(await model.verify()).toMatchObject({ verified: true });
    expect(model.card).toContain(`${found.integers} of its products compute in integers of 8 bits`);
  });

  it.each([
    [{ to: 'float16', compute: 'integers' }, '--compute integers goes with --to int8 alone.'],
    [{ compute: 'integers' }, '--compute integers goes with --to int8 alone.'],
    [{ to: 'int8', calibrate: 'customers' }, '--calibrate goes with --compute integers alone.'],
  ] as const)('refuses %j', async (options, message) => {
    await expect(host.run(modelOptimize, { model: 'mlp', ...options })).rejects.toMatchObject({
      code: 'TRS_TRAIN_OPTIMIZE_OPTIONS',
      message,
    });
  });

  it('does not repeat what was measured before the weights were rounded', async () => {
    await host.run(modelOptimize, { model: 'mlp', to: 'float16' });
    const model = await openModel(taken.at(-1)?.bytes ?? new Uint8Array());
    expect(model.metadata?.metrics).toEqual({});
  });

  it.each([
    [{ accuracy: 0.9, logLoss: 0.3 }, { accuracy: 0.895, logLoss: 0.301 }, undefined],
    [{ accuracy: 0.9, logLoss: 0.3 }, { accuracy: 0.88, logLoss: 0.3 }, 'accuracy'],
    [{ accuracy: 0.9, logLoss: 0.3 }, { accuracy: 0.95, logLoss: 0.31 }, 'logLoss'],
    [{ accuracy: 0.9 }, { accuracy: null }, 'accuracy'],
    [{ accuracy: null, own: 1 }, { accuracy: 0.1, own: 0 }, undefined],
  ] as const)('holds %j against %j', (before, after, worse) => {
    const better = (metric: string) =>
      ({ accuracy: 'higher', logLoss: 'lower' })[metric] as 'higher' | 'lower';
    expect(worseMetric(before, after, 0.01, better)).toBe(worse);
  });

  it('says so where there is nothing to keep smaller', async () => {
    await expect(host.run(modelOptimize, { model: 'trees', to: 'int8' })).rejects.toMatchObject({
      code: 'TRS_TRAIN_NOTHING_TO_OPTIMIZE',
    });
  });
});
