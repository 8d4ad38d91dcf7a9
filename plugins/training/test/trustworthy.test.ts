import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { estimator, estimators, metrics, trainingToken } from '@trestle/contracts';
import { contribute, type Host, plugin } from '@trestle/kernel';
import { openModel } from '@trestle/model';
import { dataAdd, dataPlugin } from '@trestle/plugin-data';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainingPlugin, trainOperation } from '../src/index.ts';
import { claims } from './claims.test.setup.ts';

/** A metric and an estimator of somebody's own: the estimator takes no weights. */
const own = plugin({
  name: 'own',
  version: '1.0.0',
  contributions: [
    contribute(metrics, {
      name: 'found',
      tasks: ['binary'],
      better: 'higher',
      isOfLabels: true,
      measure: ({ scores, threshold }) =>
        Array.from(scores).filter((score) => score >= threshold).length / scores.length,
    }),
    contribute(
      estimators,
      estimator({
        name: 'unweighted',
        tasks: ['binary'],
        space: [{}],
        describe: () => '',
        load: async () => () => {
          throw new Error('is not reached');
        },
      }),
    ),
  ],
});

describe('what a training says of itself', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin, trackingPlugin, trainingPlugin, own]);
    await writeFile(join(project.dir, 'claims.csv'), claims(3_000));
    await host.run(dataAdd, { path: 'claims.csv', name: 'claims' }, { surface: 'cli' });
  });
  afterAll(() => project.remove());
  const CLAIMS = { data: 'claims', target: 'outcome', estimator: 'linear' } as const;

  it('begins with the plan: rows, what becomes of each column, the positive class, the metric that decides', async () => {
    const result = await host.run(trainOperation, CLAIMS);
    expect(result.positive).toMatchObject({
      class: 'claim',
      why: expect.stringMatching(/^the rarer class: \d+ of 3000 rows$/),
    });
    expect(result.metric).toMatchObject({
      name: 'averagePrecision',
      better: 'higher',
      why: expect.stringContaining('rare'),
    });
    expect(result.features).toMatchObject([
      { name: 'age', type: 'number', encoding: expect.stringMatching(/^number: scaled/) },
      { name: 'years', type: 'number' },
      { name: 'area', type: 'category', encoding: 'category: a column for each of 5, one for all others' },
    ]);
    const [plan, features, candidates, ...more] = trainOperation.present?.(result) ?? [];
    expect(plan).toMatchObject({
      kind: 'facts',
      title: 'outcome, binary',
      facts: expect.arrayContaining([
        ['rows', '2400 to train on, 600 held out (random)'],
        ['positive class', expect.stringMatching(/^claim \(/)],
        ['metric that decides', expect.stringMatching(/^averagePrecision, higher is better/)],
      ]),
    });
    expect(features).toMatchObject({ title: 'Features' });
    expect(candidates).toMatchObject({
      rows: [
        { candidate: 'baseline: always "no claim"', f1: 0 },
        ...result.candidates.map(({ name }) => ({ candidate: name, seconds: expect.any(Number) })),
      ],
    });
    expect(more.at(-1)).toEqual({
      kind: 'text',
      text: `Next: trestle model register --run ${result.run} --name NAME`,
    });
  });

  it('shows a model that never finds the rare class for what it is', async () => {
    const { metrics: found, baseline, classes, notes } = await host.run(trainOperation, CLAIMS);
    const rare = (classes?.each[1]?.rows ?? 0) / 600;
    expect(classes?.classes).toEqual(['no claim', 'claim']);
    expect(classes?.each[1]).toMatchObject({ class: 'claim', precision: 0, recall: 0, f1: 0 });
    expect(found.test).toMatchObject({ f1: 0, recall: 0, accuracy: 1 - rare });
    expect(found.test.averagePrecision).toBeLessThan(0.5);
    expect(baseline?.test.averagePrecision).toBeCloseTo(rare, 6);
    expect(found.test.averagePrecision).toBeGreaterThan(2 * rare);
    expect(notes.join()).toMatch(/finds none of the \d+ held-out rows of "claim": --threshold tuned/);
  });

  it.each(['linear', 'trees', 'mlp'])(
    'finds it with a tuned threshold, or weighted classes: %s',
    async (name) => {
      const given = { ...CLAIMS, estimator: name };
      const tuned = await host.run(trainOperation, { ...given, threshold: 'tuned' });
      expect(tuned.threshold).toBeLessThan(0.4);
      expect(tuned.metrics.test.f1).toBeGreaterThan(0.25);
      const training = await host.service(trainingToken);
      const model = await openModel(await training.modelBytes(await training.run(tuned.run)));
      expect(model.metadata?.schema.threshold).toBe(tuned.threshold);
      const young = { age: 20, years: 19, area: 'E' };
      const [answer] = await model.predict([young]);
      expect(answer).toMatchObject({ label: 'claim' });
      expect(Number(answer?.probability)).toBeGreaterThanOrEqual(tuned.threshold ?? 1);
      const weighted = await host.run(trainOperation, { ...given, classWeight: 'balanced' });
      expect(weighted.metrics.test.recall).toBeGreaterThan(0.5);
      expect(weighted.metrics.test.f1).toBeGreaterThan(0.25);
    },
  );

  it('takes the positive class, the metric and the threshold that it is told', async () => {
    const other = await host.run(trainOperation, { ...CLAIMS, positive: 'no claim', metric: 'f1' });
    expect(other).toMatchObject({
      positive: { class: 'no claim', why: 'as asked' },
      metric: { name: 'f1', why: 'as asked' },
    });
    expect(other.metrics.test.averagePrecision).toBeGreaterThan(0.9);
    const low = await host.run(trainOperation, { ...CLAIMS, threshold: 0.01, metric: 'found' });
    expect(low.threshold).toBe(0.01);
    expect(low.metrics.test.found).toBeGreaterThan(0.5);
    expect(low.metrics.test.recall).toBeGreaterThan(0.8);
  });

  it('is fitted again on all rows once the held-out ones have judged it, and the card says so', async () => {
    const training = await host.service(trainingToken);
    const open = async (refit: 'yes' | 'no') => {
      const { run, metrics: found } = await host.run(trainOperation, {
        ...CLAIMS,
        estimator: 'trees',
        refit,
      });
      const model = await openModel(await training.modelBytes(await training.run(run)));
      expect(await model.verify()).toMatchObject({ verified: true });
      const counted = model.metadata?.reference.features.find(({ name }) => name === 'age');
      const rows = counted?.kind === 'numeric' ? counted.counts.reduce((sum, count) => sum + count, 0) : 0;
      return { model, rows, test: found.test };
    };
    const [again, once] = [await open('yes'), await open('no')];
    expect(again.test).toEqual(once.test);
    expect(again.model.metadata?.metrics).toEqual(again.test);
    expect([again.rows, once.rows]).toEqual([3_000, 2_400]);
    expect(again.model.metadata?.card).toMatch(/fitted again, in the same way, to all 3000 rows/);
    expect(again.model.metadata?.card).toMatch(/numbers are those of the model before it was fitted again/);
    expect(once.model.metadata?.card).not.toMatch(/fitted again/);
    const [row = {}] = again.model.metadata?.golden.rows ?? [];
    expect(await again.model.predict([row])).not.toEqual(await once.model.predict([row]));
  });

  it.each(['linear', 'trees', 'mlp', 'forest'])(
    'answers what was never missing in training with its usual value, and says so: %s',
    async (name) => {
      const training = await host.service(trainingToken);
      const open = async (missing: 'impute' | 'refuse') => {
        const { run } = await host.run(trainOperation, { ...CLAIMS, estimator: name, missing });
        return await openModel(await training.modelBytes(await training.run(run)));
      };
      const model = await open('impute');
      expect(await model.verify()).toMatchObject({ verified: true });
      const ages = claims(3_000)
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(','));
      const rowsOf = (one: string): number => ages.filter(([, , area]) => area === one).length;
      const [usual = ''] = [...'ABCDE'].toSorted((a, b) => rowsOf(b) - rowsOf(a));
      const sorted = ages.map(([age]) => Number(age)).sort((a, b) => a - b);
      const median = ((sorted[1_499] ?? 0) + (sorted[1_500] ?? 0)) / 2;
      const [given, missing] = await model.predict([
        { age: median, years: 4, area: usual },
        { age: null, years: 4 },
      ]);
      expect(missing).toEqual({ ...given, imputed: ['age', 'area'] });
      const strict = await open('refuse');
      await expect(strict.predict([{ age: null, years: 4, area: 'A' }])).rejects.toMatchObject({
        code: 'TRS_MODEL_ROW_INVALID',
        details: { field: 'age', reason: 'it is missing, and was never missing in training' },
      });
    },
  );

  it('warns of a column that knows the answer, by name and how well, and refuses it where it is told to', async () => {
    const rows = claims(600)
      .trim()
      .split('\n')
      .map((line, row) => `${line},${row === 0 ? 'paid' : line.endsWith(',claim') ? row : 0}`);
    await writeFile(join(project.dir, 'paid.csv'), `${rows.join('\n')}\n`);
    await host.run(dataAdd, { path: 'paid.csv', name: 'paid' }, { surface: 'cli' });
    const spec = { ...CLAIMS, data: 'paid' };
    const warned = await host.run(trainOperation, spec);
    expect(warned.leaks).toEqual([{ column: 'paid', score: expect.closeTo(1, 1) }]);
    const [, note] = trainOperation.present?.(warned) ?? [];
    expect(note).toMatchObject({
      tone: 'warn',
      text: expect.stringMatching(/^Perhaps a leak: "paid" alone nearly tells "outcome" .*--exclude paid$/),
    });
    await expect(host.run(trainOperation, { ...spec, leaks: 'refuse' })).rejects.toMatchObject({
      code: 'TRS_TRAIN_LEAK',
      message: expect.stringContaining('"paid" alone nearly tells "outcome"'),
      hint: expect.stringContaining('--exclude paid'),
    });
    const without = await host.run(trainOperation, { ...spec, leaks: 'refuse', exclude: ['paid'] });
    expect(without.leaks).toBeUndefined();
  });

  it('compares models by what each holds for positive', async () => {
    const training = await host.service(trainingToken);
    const runs = await Promise.all(
      (['claim', 'no claim'] as const).map(async (positive) => {
        const { run } = await host.run(trainOperation, { ...CLAIMS, positive, metric: 'logLoss' });
        return await training.run(run);
      }),
    );
    const compared = await training.compare(host.context(trainOperation), {
      models: await Promise.all(runs.map((run) => training.modelBytes(run))),
      spec: (runs[1] ?? runs[0])?.spec ?? expect.fail('a run'),
    });
    const [first, second] = compared.metrics;
    expect(first?.averagePrecision).toBeCloseTo(second?.averagePrecision ?? 0, 3);
    expect(first?.accuracy).toBe(second?.accuracy);
  });

  it('compares models on rows of which features have gone missing, or show no type any more', async () => {
    const training = await host.service(trainingToken);
    const { run } = await host.run(trainOperation, CLAIMS);
    const lines = claims(200)
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    const fewer = lines.map(([age, , , outcome], row) => [age, row === 0 ? 'years' : '', outcome].join(','));
    await writeFile(join(project.dir, 'fewer.csv'), `${fewer.join('\n')}\n`);
    await host.run(dataAdd, { path: 'fewer.csv', name: 'fewer' }, { surface: 'cli' });
    const { spec } = await training.run(run);
    const { rows, metrics: compared } = await training.compare(host.context(trainOperation), {
      models: [await training.modelBytes(await training.run(run))],
      spec: { ...spec, data: 'fewer', test: 0.9 },
    });
    expect(rows).toBe(180);
    expect(compared[0]?.rocAuc).toBeGreaterThan(0.5);
  });

  it.each([
    ['a metric that is not there', { metric: 'rocAcu' }, 'TRS_TRAIN_UNKNOWN_METRIC', /Did you mean "rocAuc"/],
    [
      'a metric of another task',
      { metric: 'rmse' },
      'TRS_TRAIN_UNKNOWN_METRIC',
      /not one of a binary target/,
    ],
    ['a class that is not there', { positive: 'clam' }, 'TRS_TRAIN_POSITIVE', /Did you mean "claim"/],
    [
      'a positive class of numbers',
      { target: 'age', positive: '20' },
      'TRS_TRAIN_NOT_OF_TASK',
      /needs a target of two classes/,
    ],
    [
      'a threshold of several classes',
      { target: 'area', threshold: 'tuned' as const },
      'TRS_TRAIN_NOT_OF_TASK',
      /--threshold tuned/,
    ],
    [
      'class weights of numbers',
      { target: 'age', classWeight: 'balanced' as const },
      'TRS_TRAIN_NOT_OF_TASK',
      /--class-weight/,
    ],
    [
      'weights for who takes none',
      { estimator: 'unweighted', classWeight: 'balanced' as const },
      'TRS_TRAIN_WEIGHTS_UNAVAILABLE',
      /"unweighted" takes no weights/,
    ],
  ])('refuses %s', async (_, change, code, message) => {
    await expect(host.run(trainOperation, { ...CLAIMS, ...change })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});

describe('the positive class that nobody named', () => {
  it.each([
    [
      'the usual word for yes, also where it is frequent',
      ['Yes', 'No', 'Yes'],
      'Yes',
      'the usual word for yes',
    ],
    ['1 of 0 and 1', ['1', '0', '1'], '1', 'the usual word for yes'],
    ['not 1 of 1 and 2, which are no words', ['1', '2', '1'], '2', 'the rarer class: 20 of 60 rows'],
    ['the rarer one', ['ok', 'broken', 'ok'], 'broken', /the rarer class: 20 of 60 rows/],
    ['the last by name of two that are as frequent', ['a', 'b', 'a', 'b'], 'b', /as both are as frequent/],
  ])('is %s', async (_, pattern, positive, why) => {
    const project = await temporaryProject();
    try {
      const host = await project.open([dataPlugin, trackingPlugin, trainingPlugin]);
      const lines = Array.from({ length: 60 }, (_, row) => `${row % 7},${pattern[row % pattern.length]}`);
      await writeFile(join(project.dir, 'rows.csv'), `x,y\n${lines.join('\n')}\n`);
      await host.run(dataAdd, { path: 'rows.csv', name: 'rows' }, { surface: 'cli' });
      const found = await host.run(trainOperation, { data: 'rows', target: 'y', estimator: 'linear' });
      expect(found.positive).toMatchObject({ class: positive, why: expect.stringMatching(why) });
    } finally {
      await project.remove();
    }
  });
});
