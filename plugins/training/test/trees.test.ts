import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { trainingToken } from '@trestle/contracts';
import type { Host } from '@trestle/kernel';
import { type Model, openModel } from '@trestle/model';
import { dataAdd, dataPlugin } from '@trestle/plugin-data';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trainingPlugin, trainOperation } from '../src/index.ts';

const VEGA = join(fileURLToPath(import.meta.resolve('vega-datasets')), '..', '..', 'data');

describe('boosted trees as an estimator', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin, trackingPlugin, trainingPlugin]);
  });
  afterEach(async () => {
    await project.remove();
  });
  const addVega = (file: string) =>
    host.run(dataAdd, { path: join(VEGA, file), name: 'rows' }, { surface: 'cli' });
  const modelOf = async (run: string): Promise<Model> => {
    const training = await host.service(trainingToken);
    return await openModel(await training.modelBytes(await training.run(run)));
  };

  it('tell kinds of penguins apart, and answer where numbers are missing and categories are new', async () => {
    await addVega('penguins.json');
    const { run, task, metrics, candidates } = await host.run(trainOperation, {
      data: 'rows',
      target: 'Species',
      estimator: 'trees',
    });
    expect(task).toBe('multiclass');
    expect(metrics.test.logLoss).toBeLessThan(0.05);
    expect(candidates.length).toBeGreaterThan(1);
    for (const { estimator } of candidates) expect(estimator).toMatch(/^(trees|forest|extra-trees) /);
    const model = await modelOf(run);
    expect(await model.verify()).toMatchObject({ verified: true });
    const known = {
      Island: 'Torgersen',
      'Beak Length (mm)': 39.1,
      'Beak Depth (mm)': 18.7,
      'Flipper Length (mm)': 181,
      'Body Mass (g)': 3750,
      Sex: 'MALE',
    };
    const [whole, empty, elsewhere] = await model.predict([
      known,
      { ...Object.fromEntries(Object.keys(known).map((name) => [name, null])), Island: 'Dream' },
      { ...known, Island: 'Surtsey' },
    ]);
    expect(whole).toMatchObject({ label: 'Adelie' });
    expect(elsewhere).toMatchObject({ label: 'Adelie' });
    expect(empty).toMatchObject({ label: expect.any(String) });
  });

  it('predict ratings of films better than lines do', async () => {
    await addVega('movies.json');
    const rmse = async (estimator: string): Promise<number> => {
      const { run, metrics } = await host.run(trainOperation, {
        data: 'rows',
        target: 'IMDB Rating',
        estimator,
      });
      expect(await (await modelOf(run)).verify()).toMatchObject({ verified: true });
      return metrics.test.rmse ?? Number.NaN;
    };
    expect(await rmse('trees')).toBeLessThan(0.97 * (await rmse('linear')));
  });

  it('and forests are chosen by auto where what decides is whether two things agree, and are called gbdt, too', async () => {
    let state = 7;
    const next = (): number => {
      state = (state * 16_807) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const colours = ['red', 'green', 'blue', 'white'];
    const lines = Array.from({ length: 600 }, () => {
      const [colour, level] = [Math.floor(4 * next()), next()];
      const isOne = next() < 0.05 ? next() < 0.5 : colour % 2 === 0 ? level > 0.5 : level < 0.3;
      return `${colours[colour]},${next() < 0.1 ? '' : level.toFixed(3)},${isOne ? 'yes' : 'no'}`;
    });
    await writeFile(join(project.dir, 'rows.csv'), `colour,level,y\n${lines.join('\n')}\n`);
    await host.run(dataAdd, { path: 'rows.csv', name: 'rows' }, { surface: 'cli' });
    const given = { data: 'rows', target: 'y' };
    const { candidates } = await host.run(trainOperation, given);
    expect(candidates.find(({ chosen }) => chosen)?.estimator).toMatch(/^(trees|forest|extra-trees) /);
    const names = new Set(candidates.map(({ estimator }) => estimator.split(' ')[0]));
    expect([...names]).toEqual(['trees', 'linear', 'mlp', 'extra-trees', 'forest']);
    const again = await host.run(trainOperation, { ...given, estimator: 'gbdt' });
    expect(again.metrics.test).toEqual(
      (await host.run(trainOperation, { ...given, estimator: 'trees' })).metrics.test,
    );
  });
});
