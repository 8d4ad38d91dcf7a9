import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { predictionLogToken } from '@trestle/contracts';
import { type Host, invariant } from '@trestle/kernel';
import { dataPlugin } from '@trestle/plugin-data';
import { monitoringPlugin } from '@trestle/plugin-monitoring';
import { modelRegister, registryPlugin } from '@trestle/plugin-registry';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { responseOf, type TemporaryProject, temporaryProject, tinyModel } from '@trestle/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { deployOperation, explainOperation, servingPlugin } from '../index.ts';
import { explainRow } from './explain-rows.ts';

const feature = (name: string) => ({ name, type: 'number', nullable: true }) as const;

describe('what each feature adds', () => {
  it('of a sum is its weight times how far it is from what is usual', async () => {
    const weights = [3, -2, 0.5];
    const features = ['a', 'b', 'c'].map(feature);
    const background = [
      { a: 0, b: 1, c: 2 },
      { a: 2, b: 3, c: 6 },
    ];
    const { attributions, base, prediction } = await explainRow(
      features,
      { a: 5, b: 2, c: 4 },
      background,
      async (rows) =>
        rows.map(({ a, b, c }) => ({
          value: [a, b, c].reduce<number>((sum, one, at) => sum + Number(one) * (weights[at] ?? 0), 7),
        })),
    );
    const of = Object.fromEntries(attributions.map((one) => [one.feature, one.contribution]));
    expect(of.a).toBeCloseTo(3 * (5 - 1), 10);
    expect(of.b).toBeCloseTo(0, 10);
    expect(of.c).toBeCloseTo(0, 10);
    expect(base).toBeCloseTo(7 + 3 - 4 + 2, 10);
    expect(prediction).toBeCloseTo(7 + 15 - 4 + 2, 10);
    expect(attributions[0]).toMatchObject({ feature: 'a', value: 5 });
  });

  it('sums to the prediction minus the base, whatever the model says, of few features and of many', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 11 }),
        fc.integer({ min: 1, max: 1_000 }),
        async (count, seed) => {
          const features = Array.from({ length: count }, (_, at) => feature(`f${at}`));
          const row = Object.fromEntries(features.map(({ name }, at) => [name, Math.sin(seed * (at + 1))]));
          const background = [1, 2, 3].map((turn) =>
            Object.fromEntries(features.map(({ name }, at) => [name, Math.cos(seed * turn * (at + 2))])),
          );
          const { attributions, base, prediction } = await explainRow(
            features,
            row,
            background,
            async (rows) =>
              rows.map((one) => ({
                probability:
                  1 /
                  (1 +
                    Math.exp(
                      -Object.values(one).reduce<number>(
                        (product, value) => product * (1 + Number(value)),
                        1,
                      ),
                    )),
              })),
          );
          const sum = attributions.reduce((total, { contribution }) => total + contribution, 0);
          expect(sum).toBeCloseTo(prediction - base, 9);
          expect(
            attributions.every(({ standardError }) => (standardError === undefined) === count <= 8),
          ).toBe(true);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('of several classes is told of the one that the row is said to be', async () => {
    const explained = await explainRow([feature('a')], { a: 1 }, [{ a: 0 }], async (rows) =>
      rows.map(({ a }) => ({
        label: a === 1 ? 'x' : 'y',
        probabilities: { x: a === 1 ? 0.7 : 0.1, y: 0.2, z: 0.1 },
      })),
    );
    expect(explained).toMatchObject({
      class: 'x',
      base: 0.1,
      prediction: 0.7,
      attributions: [{ contribution: expect.closeTo(0.6, 10) }],
    });
  });
});

describe('a registered model', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin, registryPlugin, servingPlugin, monitoringPlugin, trackingPlugin]);
    await writeFile(join(project.dir, 'model.onnx'), tinyModel(2));
    await host.run(modelRegister, { file: 'model.onnx', name: 'm' }, { surface: 'cli' });
    await host.run(deployOperation, { model: 'm@1' });
    await writeFile(join(project.dir, 'rows.csv'), 'x\n3\n-1\n0\n');
  });
  afterAll(() => project.remove());

  const said = (x: number): number => 1 / (1 + Math.exp(-2 * x));

  it('is explained from a file, as many rows as are asked for', async () => {
    const found = await host.run(
      explainOperation,
      { model: 'm', input: 'rows.csv', limit: 2 },
      { surface: 'cli' },
    );
    expect(found).toMatchObject({
      model: { name: 'm', version: 1 },
      background: 1,
      notes: [expect.stringContaining('first 2 rows')],
    });
    expect(found.rows).toHaveLength(2);
    // Its one example says that 0.5 is usual.
    expect(found.rows[0]).toMatchObject({
      base: expect.closeTo(said(0.5), 5),
      prediction: expect.closeTo(said(3), 5),
      attributions: [{ feature: 'x', value: 3, contribution: expect.closeTo(said(3) - said(0.5), 5) }],
    });
  });

  it('is explained over HTTP, and no prediction of it is logged', async () => {
    const route = invariant(
      servingPlugin.routes.find(({ path }) => path === '/v1/explain/:deployment'),
      'the route',
    );
    const handler = await route.load();
    const appended = vi.spyOn(await host.service(predictionLogToken), 'append');
    const ask = async (body: unknown) => {
      const context = host.context({ id: 'explain', access: route.access }, { surface: 'http' });
      const request = new Request('http://localhost/', { method: 'POST', body: JSON.stringify(body) });
      return await responseOf(await handler(context, request, { deployment: 'm' })).json();
    };
    expect(await ask({ rows: [{ x: 3 }] })).toMatchObject({
      model: { name: 'm', version: 1 },
      rows: [{ attributions: [{ feature: 'x', contribution: expect.closeTo(said(3) - said(0.5), 5) }] }],
    });
    expect(appended).not.toHaveBeenCalled();
    await expect(ask({ rows: [] })).rejects.toMatchObject({ code: 'TRS_SERVING_EXPLAIN_BODY' });
    await expect(ask({ row: [{}] })).rejects.toMatchObject({ code: 'TRS_SERVING_EXPLAIN_BODY' });
    await expect(ask({ rows: [{ x: 'three' }] })).rejects.toMatchObject({ code: 'TRS_MODEL_ROW_INVALID' });
  });
});
