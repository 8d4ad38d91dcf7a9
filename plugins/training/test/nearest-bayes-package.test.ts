import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trainingToken } from '@trestle/contracts';
import type { Host } from '@trestle/kernel';
import { openModel } from '@trestle/model';
import { onnxRuntime } from '@trestle/onnx';
import { dataAdd, dataPlugin } from '@trestle/plugin-data';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainingPlugin, trainOperation } from '../src/index.ts';
import { claims } from './claims.test.setup.ts';

ort.env.wasm.numThreads = 1;

/** In training, between the trained ones, beyond them, of no known area, and with nothing known. */
const ASKED = [
  { age: 20, years: 19, area: 'E' },
  { age: 44, years: 3, area: 'B' },
  { age: 200, years: -40, area: 'A' },
  { age: 30, years: 5, area: 'Z' },
  { age: null, years: null, area: null },
];

describe('a package of neighbours or of naive Bayes, trained by the name that people type', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin, trackingPlugin, trainingPlugin]);
    await writeFile(join(project.dir, 'claims.csv'), claims(1_500));
    await host.run(dataAdd, { path: 'claims.csv', name: 'claims' }, { surface: 'cli' });
  });
  afterAll(() => project.remove());

  it.each([
    ['knn', 'outcome', 'nearest'],
    ['knn', 'area', 'nearest'],
    ['knn', 'years', 'nearest'],
    ['naive-bayes', 'outcome', 'naive-bayes'],
    ['naive-bayes', 'area', 'naive-bayes'],
  ])('%s of %s answers in ONNX Runtime as here, from rows as they come', async (estimator, target, name) => {
    const { run, candidates } = await host.run(trainOperation, { data: 'claims', target, estimator });
    for (const candidate of candidates) expect(candidate.estimator).toMatch(new RegExp(`^${name} `));
    const training = await host.service(trainingToken);
    const bytes = await training.modelBytes(await training.run(run));
    const there = await openModel(
      bytes,
      undefined,
      onnxRuntime('onnxruntime-web', async () => ort),
    );
    const here = await openModel(bytes);
    expect(await there.verify()).toMatchObject({ verified: true });
    const rows = ASKED.map((row) => ({ ...row, outcome: 'no claim', [target]: undefined })).map((row) =>
      Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)),
    );
    const [found, wanted] = [await there.predict(rows), await here.predict(rows)];
    expect(found).toHaveLength(ASKED.length);
    for (const [at, prediction] of wanted.entries()) expect(found[at]).toEqual(closeTo(prediction));
    await there.close();
  });
});

/** The same, in which numbers may differ by rounding. */
function closeTo(value: unknown): unknown {
  if (typeof value === 'number') return expect.closeTo(value, 5);
  if (Array.isArray(value)) return value.map(closeTo);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, closeTo(one)]));
}
