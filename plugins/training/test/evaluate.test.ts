import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelsToken, trainingToken } from '@trestle/contracts';
import { type Host, plugin, provide } from '@trestle/kernel';
import { dataAdd, dataPlugin } from '@trestle/plugin-data';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateOperation, trainingPlugin, trainOperation } from '../src/index.ts';

/** Customers who leave when they pay much; in the north nobody can tell. */
const lines = (rows: number, from: number): string =>
  Array.from({ length: rows }, (_, n) => {
    const paid = ((n + from) * 37) % 100;
    const region = ['north', 'east', 'south', 'west'][n % 4] ?? '';
    const leaves = region === 'north' ? (n * 7) % 8 < 4 : paid > 60;
    return `${paid},${region},${leaves ? 'yes' : 'no'}`;
  }).join('\n');

describe('evaluating a registered model', () => {
  let project: TemporaryProject;
  let host: Host;
  let bytes: Uint8Array;
  const others = new Map<string, Uint8Array>();
  /** A registry of one model: what the registry plugin does is tested there. */
  const registry = plugin({
    name: 'registry-of-one',
    version: '1.0.0',
    services: [
      provide(modelsToken, async () => ({
        resolve: async (reference: string) => ({
          ...{ name: reference, version: 3, digest: '0'.repeat(64), aliases: [], metrics: {} },
          ...{ dataset: 'customers@1', createdAt: '2026-01-01T00:00:00.000Z' },
        }),
        bytes: async ({ name }) => others.get(name) ?? bytes,
        register: () => Promise.reject(new Error('not asked')),
        refusal: () => Promise.reject(new Error('not asked')),
        promote: () => Promise.reject(new Error('not asked')),
      })),
    ],
  });
  const add = async (name: string, text: string) => {
    await writeFile(join(project.dir, `${name}.csv`), text);
    await host.run(dataAdd, { path: `${name}.csv`, name }, { surface: 'cli' });
  };

  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([dataPlugin, trackingPlugin, trainingPlugin, registry]);
    await add('customers', `paid,region,left\n${lines(800, 0)}\n`);
    const { run } = await host.run(trainOperation, { data: 'customers', target: 'left', estimator: 'trees' });
    const training = await host.service(trainingToken);
    bytes = await training.modelBytes(await training.run(run));
  });
  afterAll(async () => {
    await project.remove();
  });

  it('measures it with intervals and a baseline, and finds where it is worst', async () => {
    await add('later', `region,paid,gone\n${lines(400, 5).replace(/^(\d+),(\w+)/gm, '$2,$1')}\n`);
    const found = await host.run(evaluateOperation, { model: 'churn', data: 'later', target: 'gone' });
    expect(found).toMatchObject({
      dataset: 'later@1',
      task: 'binary',
      positive: 'yes',
      rows: 400,
      notes: [],
    });
    const accuracy = found.metrics.accuracy ?? 0;
    expect(accuracy).toBeGreaterThan(0.8);
    expect(accuracy).toBeGreaterThan(found.baseline.metrics.accuracy ?? 1);
    const [low = 1, high = 0] = found.intervals.accuracy ?? [];
    expect(low).toBeLessThan(accuracy);
    expect(high).toBeGreaterThan(accuracy);
    expect(found.slices[0]).toMatchObject({ column: 'region', where: '= north' });
    expect(found.classes?.matrix.flat().reduce((a, b) => a + b)).toBe(400);
  });

  it('says that a model was trained on what it is measured on, and leaves out rows without a label', async () => {
    const { notes } = await host.run(evaluateOperation, { model: 'churn', data: 'customers' });
    expect(notes).toEqual([expect.stringContaining('trained on this very version')]);
    await add('partial', 'paid,region,left\n90,east,yes\n10,east,\n20,west,no\n');
    const partial = await host.run(evaluateOperation, { model: 'churn', data: 'partial' });
    expect(partial).toMatchObject({ rows: 2, notes: ['1 rows without a label are left out.'] });
  });

  it('reads numbers and times as they were written in training, and refuses what says none', async () => {
    const paid = (rows: number): string =>
      Array.from(
        { length: rows },
        (_, n) => `"$${1 + (n % 9)},${100 + ((n * 37) % 900)}.00",${1 + (n % 9) > 4 ? 'yes' : 'no'}`,
      ).join('\n');
    await add('bills', `paid,left\n${paid(200)}\n`);
    const { run } = await host.run(trainOperation, { data: 'bills', target: 'left', estimator: 'trees' });
    const training = await host.service(trainingToken);
    const before = bytes;
    try {
      bytes = await training.modelBytes(await training.run(run));
      const found = await host.run(evaluateOperation, { model: 'bills', data: 'bills' });
      expect(found.metrics.accuracy).toBeGreaterThan(0.95);
      await add('free', 'paid,left\nfor free,yes\n"$1,200.00",no\n');
      await expect(host.run(evaluateOperation, { model: 'bills', data: 'free' })).rejects.toMatchObject({
        code: 'TRS_TRAIN_UNREADABLE',
        message: expect.stringMatching(/"paid".*row 0.*"for free"/),
      });
    } finally {
      bytes = before;
    }
  });

  it('compares it with another on the same rows, and says which is better, or that the rows do not tell', async () => {
    const training = await host.service(trainingToken);
    for (const [name, estimator, exclude] of [
      ['same', 'trees', []],
      ['blind', 'trees', ['paid']],
    ] as const) {
      const asked = { data: 'customers', target: 'left', estimator, exclude: [...exclude] };
      const { run } = await host.run(trainOperation, asked);
      others.set(name, await training.modelBytes(await training.run(run)));
    }
    await add('next', `paid,region,left\n${lines(300, 11)}\n`);
    const against = async (model: string, other: string) =>
      (await host.run(evaluateOperation, { model, data: 'next', against: other })).against;
    const better = await against('churn', 'blind');
    const of = (metric: string) => better?.differences.find((one) => one.metric === metric);
    expect(better?.model).toEqual({ name: 'blind', version: 3 });
    expect(of('rocAuc')).toMatchObject({ test: 'DeLong', verdict: 'better' });
    expect(of('accuracy')).toMatchObject({ test: 'McNemar', verdict: 'better' });
    expect(of('logLoss')).toMatchObject({ test: 'bootstrap', verdict: 'better' });
    // Less loss is better: the difference lies below 0.
    expect(of('logLoss')?.interval?.[1]).toBeLessThan(0);
    const turned = await against('blind', 'churn');
    for (const one of turned?.differences ?? []) {
      expect(one.difference).toBeCloseTo(-(of(one.metric)?.difference ?? Number.NaN), 12);
      if (of(one.metric)?.verdict === 'better') expect(one.verdict).toBe('worse');
    }
    const same = await against('churn', 'same');
    expect(same?.differences.every((one) => one.difference === 0 && one.pValue === 1)).toBe(true);
    expect(same?.differences.every((one) => one.verdict === 'unclear')).toBe(true);
  });

  it('refuses to compare models of other classes by both their names', async () => {
    await add(
      'kinds',
      `paid,region,left\n${lines(300, 3).replace(/yes/g, 'gone').replace(/no$/gm, 'here')}\n`,
    );
    const { run } = await host.run(trainOperation, { data: 'kinds', target: 'left', estimator: 'trees' });
    const training = await host.service(trainingToken);
    others.set('kinds', await training.modelBytes(await training.run(run)));
    const refused = host.run(evaluateOperation, { model: 'churn', data: 'next', against: 'kinds' });
    await expect(refused).rejects.toMatchObject({
      code: 'TRS_TRAIN_RIVALS',
      message: expect.stringMatching(/"churn".*"no", "yes".*"kinds".*"gone"/),
    });
  });

  it('draws whole groups where rows belong to them', async () => {
    const crowded = lines(20, 5)
      .split('\n')
      .flatMap((line, person) => Array.from({ length: 20 }, () => `p${person},${line}`));
    await add('crowded', `person,paid,region,left\n${crowded.join('\n')}\n`);
    const width = async (group?: string) => {
      const found = await host.run(evaluateOperation, {
        model: 'churn',
        data: 'crowded',
        ...(group ? { group } : {}),
      });
      const [low = 0, high = 0] = found.intervals.logLoss ?? [];
      return { groups: found.groups, wide: high - low };
    };
    const [alone, together] = [await width(), await width('person')];
    expect(alone.groups).toBeUndefined();
    expect(together.groups).toEqual({ column: 'person', count: 20 });
    expect(together.wide).toBeGreaterThan(2 * alone.wide);
    await expect(width('persons')).rejects.toMatchObject({ code: 'TRS_TRAIN_UNKNOWN_COLUMN' });
  });

  it.each([
    ['unknown', 'paid,region,left\n90,east,perhaps\n', 'TRS_TRAIN_LABELS', '"perhaps"'],
    ['narrow', 'paid,left\n90,yes\n', 'TRS_TRAIN_UNKNOWN_COLUMN', '"region"'],
    ['renamed', 'paid,region,Left\n90,east,yes\n', 'TRS_TRAIN_UNKNOWN_COLUMN', '"Left"'],
  ])('refuses %s data by name', async (name, text, code, said) => {
    await add(name, text);
    const refused = host.run(evaluateOperation, { model: 'churn', data: name });
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining(said) });
  });
});
