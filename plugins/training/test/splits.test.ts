import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trainingToken } from '@trestle/contracts';
import type { Host } from '@trestle/kernel';
import { openModel } from '@trestle/model';
import { dataAdd, dataPlugin, dataSplit } from '@trestle/plugin-data';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainingPlugin, trainOperation } from '../src/index.ts';
import { claims } from './claims.test.setup.ts';

const ROWS = 900;

describe('rows that are judged', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin, trackingPlugin, trainingPlugin]);
    const [header, ...lines] = claims(ROWS).trim().split('\n');
    const parts = ['a', 'b', 'test', 'validation', ''];
    const split = lines.map((line, row) => `${line},${parts[row % 10 === 9 ? 4 : row % 4]}`);
    await writeFile(join(project.dir, 'claims.csv'), `${header},part\n${split.join('\n')}\n`);
    await host.run(dataAdd, { path: 'claims.csv', name: 'claims' }, { surface: 'cli' });
  });
  afterAll(() => project.remove());
  const CLAIMS = { data: 'claims', target: 'outcome', estimator: 'linear', exclude: ['part'] };
  const whole = { ...CLAIMS, exclude: [] as string[] };

  it('are those of the part that a column names, which is no feature', async () => {
    const result = await host.run(trainOperation, { ...whole, splitColumn: 'part' });
    expect(result.split).toMatchObject({ kind: 'column', trainRows: 405, testRows: 225 });
    expect(result.features?.map(({ name }) => name)).toEqual(['age', 'years', 'area']);
    expect(result.leftOut).toEqual([{ name: 'part', reason: 'it says which part a row is in' }]);
    expect(result.notes).toContain('90 rows without a part in "part" are left out.');
    const other = await host.run(trainOperation, { ...whole, splitColumn: 'part', hold: 'b' });
    expect(other.split?.testRows).not.toBe(0);
    expect(other.metrics.test).not.toEqual(result.metrics.test);
  });

  it('are all rows, each out of its fold, where none is held out', async () => {
    const crossed = await host.run(trainOperation, { ...CLAIMS, test: 0, folds: 4 });
    expect(crossed.split).toEqual({ kind: 'folds', folds: 4, trainRows: ROWS, testRows: ROWS });
    expect(crossed.classes?.each.reduce((sum, { rows }) => sum + rows, 0)).toBe(ROWS);
    expect(crossed.notes.join()).toMatch(/numbers are of 4 folds/);
    // Worse than on the rows that it was fitted to, and better than nothing.
    expect(crossed.metrics.test.rocAuc).toBeLessThan(crossed.metrics.train.rocAuc ?? 0);
    expect(crossed.metrics.test.rocAuc).toBeGreaterThan(0.65);
    const training = await host.service(trainingToken);
    const model = await openModel(await training.modelBytes(await training.run(crossed.run)));
    expect(await model.verify()).toMatchObject({ verified: true });
    expect(model.metadata?.metrics).toEqual(crossed.metrics.test);
    expect(model.metadata?.card).toContain(
      'Judged by 4 folds: each row by a model that was fitted to the others.',
    );
    expect(await host.run(trainOperation, { ...CLAIMS, test: 0, folds: 4 })).toMatchObject({
      metrics: crossed.metrics,
    });
  });

  it('never are judged by a model that has seen them: what is random stays unknown', async () => {
    let state = 1;
    const lines = Array.from({ length: 300 }, (_, row) => {
      state = (state * 16_807) % 2_147_483_647;
      return `${row * 7919},${(state / 2_147_483_647).toFixed(6)},${state % 3 === 0 ? 'yes' : 'no'}`;
    });
    await writeFile(join(project.dir, 'random.csv'), `a,b,y\n${lines.join('\n')}\n`);
    await host.run(dataAdd, { path: 'random.csv', name: 'random' }, { surface: 'cli' });
    const { metrics } = await host.run(trainOperation, {
      data: 'random',
      target: 'y',
      estimator: 'forest',
      test: 0,
    });
    expect(metrics.train.rocAuc).toBeGreaterThan(0.9);
    expect(metrics.test.rocAuc).toBeLessThan(0.65);
  });

  it('may be the parts of a column, or of a recorded split, each held out once', async () => {
    const byColumn = await host.run(trainOperation, { ...whole, splitColumn: 'part', test: 0 });
    expect(byColumn.split).toMatchObject({ kind: 'folds', folds: 3, testRows: 630 });
    const { dataset } = await host.run(dataSplit, { name: 'claims', kind: 'folds', folds: 3 });
    const recorded = await host.run(trainOperation, { ...CLAIMS, split: dataset, test: 0 });
    expect(recorded.split).toMatchObject({ kind: 'folds', folds: 3, testRows: ROWS });
  });

  it('are as many folds of the training rows as are asked for, where a part is held out', async () => {
    const { validation, split } = await host.run(trainOperation, { ...CLAIMS, folds: 3 });
    expect(validation).toBe('3 folds');
    expect(split).toMatchObject({ kind: 'random', testRows: 180 });
  });

  describe('stay together with those of their group', () => {
    // Each of 60 persons has an answer of their own, which nothing but their number tells: known persons are known by heart.
    const of = { data: 'visits', target: 'cured', estimator: 'forest', group: 'person' };
    beforeAll(async () => {
      let state = 7;
      const lines = Array.from({ length: 60 }, (_, person) => {
        state = (state * 16_807) % 2_147_483_647;
        const [mark, cured] = [(state % 10_000) / 100, state % 2 === 0 ? 'yes' : 'no'];
        return Array.from({ length: 8 }, (_, visit) => `p${person},${mark},${visit % 2},${cured}`);
      });
      const path = join(project.dir, 'visits.csv');
      await writeFile(path, `person,mark,visit,cured\n${lines.flat().join('\n')}\n,3,1,no\n,4,1,yes\n`);
      await host.run(dataAdd, { path: 'visits.csv', name: 'visits' }, { surface: 'cli' });
    });

    it('held out and on folds', async () => {
      const together = await host.run(trainOperation, of);
      expect(together.split).toMatchObject({ kind: 'group', testRows: 96, trainRows: 386 });
      expect(together.validation).toBe('8 folds of whole groups');
      expect(together.leftOut).toContainEqual({
        name: 'person',
        reason: 'it says which rows belong together',
      });
      expect(together.notes).toContain('2 rows without a value in "person" are each a group of its own.');
      // Of persons that nobody has seen nothing is known, which rows of known ones would hide.
      expect(together.metrics.validation.rocAuc).toBeLessThan(0.75);
      const { group: _, ...apart } = { ...of, exclude: ['person'] };
      expect((await host.run(trainOperation, apart)).metrics.validation.rocAuc).toBeGreaterThan(0.95);
    });

    it('in cross-validation, and there are no fewer groups than folds', async () => {
      const crossed = await host.run(trainOperation, { ...of, test: 0, folds: 4 });
      expect(crossed.split).toMatchObject({ kind: 'folds', folds: 4, testRows: 482 });
      expect(crossed.metrics.test.rocAuc).toBeLessThan(0.75);
      await expect(host.run(trainOperation, { ...of, group: 'cured', target: 'mark' })).rejects.toMatchObject(
        { code: 'TRS_TRAIN_SPLIT', message: expect.stringContaining('2 groups') },
      );
    });
  });

  it.each([
    ['groups beside parts', { splitColumn: 'part', group: 'age' }, 'TRS_TRAIN_SPLIT_UNCLEAR'],
    ['groups beside times', { timeColumn: 'years', group: 'age' }, 'TRS_TRAIN_SPLIT_UNCLEAR'],
    ['groups of no column', { group: 'persons' }, 'TRS_TRAIN_UNKNOWN_COLUMN'],
    ['a part without a column', { hold: 'b' }, 'TRS_TRAIN_SPLIT_UNCLEAR'],
    ['a part that is not there', { splitColumn: 'part', hold: 'c' }, 'TRS_TRAIN_SPLIT'],
    ['a column that is not there', { splitColumn: 'parts' }, 'TRS_TRAIN_UNKNOWN_COLUMN'],
    ['folds of time', { timeColumn: 'years', test: 0 }, 'TRS_TRAIN_SPLIT_UNCLEAR'],
    ['no model of all folds', { test: 0, refit: 'no' as const }, 'TRS_TRAIN_SPLIT_UNCLEAR'],
    ['folds beside parts', { splitColumn: 'part', test: 0, folds: 3 }, 'TRS_TRAIN_SPLIT_UNCLEAR'],
    ['one part held out of all', { splitColumn: 'part', test: 0, hold: 'b' }, 'TRS_TRAIN_SPLIT_UNCLEAR'],
  ])('refuses %s', async (_, change, code) => {
    await expect(host.run(trainOperation, { ...whole, ...change })).rejects.toMatchObject({ code });
  });
});
