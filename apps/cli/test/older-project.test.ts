import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Host } from '@trestle/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProject } from '../src/open-project.ts';

// Made by the version of 2026-11-30 (commit 246066d): two datasets with versions, a pipeline that ran, one that failed, four
// trainings and one that was killed, two models, two deployments with predictions and labels, a retraining and one that failed.
const FIXTURE = fileURLToPath(new URL('./fixtures/project-2026-11-30.tar.gz', import.meta.url));

describe('a project that an earlier version made', { timeout: 180_000 }, () => {
  let dir: string;
  let host: Host;
  // biome-ignore lint/suspicious/noExplicitAny: what is looked at is what a caller sees, whatever its type says
  const call = async (operation: string, input: unknown = {}): Promise<any> =>
    await host.runById(operation, input, { surface: 'cli' });
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-older-'));
    await promisify(execFile)('tar', ['xzf', FIXTURE, '-C', dir]);
    host = await openProject(join(dir, 'project'));
  }, 180_000);
  afterAll(async () => {
    await host.close();
    await rm(dir, { recursive: true, force: true });
  });

  it('opens, with a whole log and a whole store', async () => {
    expect(await call('audit.verify')).toMatchObject({
      ok: true,
      events: 58,
      head: '8d36a297470d59a54a19a506a7ff60cc113595be9e9b12e85006a727376f6f2d',
    });
    expect(await call('doctor', { deep: true })).toMatchObject({ ok: true });
  });

  it('has its datasets, rows and all', async () => {
    const { datasets } = await call('data.list');
    expect(datasets.map(({ dataset, version }: Record<string, unknown>) => [dataset, version])).toEqual(
      expect.arrayContaining([
        ['trees', 3],
        ['plain', 2],
        ['sizes.known', 1],
        ['sizes.doubled', 1],
        ['sizes.total', 1],
        ['broken.first', 1],
      ]),
    );
    expect((await call('data.query', { sql: 'SELECT count(*) AS n FROM "trees@2"' })).rows).toEqual([
      { n: 300 },
    ]);
  });

  it('has its runs, of every kind, with their ids and what they measured', async () => {
    const { runs } = await call('run.list');
    expect(runs.map(({ run, kind, status }: Record<string, string>) => [run, kind, status])).toEqual([
      ['r-x35ayt53d9', 'training', 'interrupted'],
      ['r-x35ax82f38', 'training', 'succeeded'],
      ['t-j-6bfea5d3-1d5c-432d-8720-369fa69735c4', 'retraining', 'succeeded'],
      ['r-x35apqh909', 'training', 'succeeded'],
      ['r-x35a4hbd5a', 'training', 'succeeded'],
      ['t-j-594edb74-69e2-4471-8819-b13769582253', 'retraining', 'interrupted'],
      ['r-x359gkcf4f', 'training', 'succeeded'],
      ['r-x359f2p6e6', 'training', 'succeeded'],
      ['pr-0mx359dw1264dae', 'pipeline', 'succeeded'],
      ['pr-0mx359c063c2078', 'pipeline', 'failed'],
      ['pr-0mx3599xb296f34', 'pipeline', 'succeeded'],
    ]);
    const shown = await call('run.show', { run: 'r-x359gkcf4f' });
    expect(shown).toMatchObject({
      spec: { data: 'trees', target: 'height', estimator: 'mlp' },
      dataset: 'trees@2',
      metrics: { test: { rocAuc: expect.closeTo(0.789352, 5) }, train: { accuracy: 0.8125 } },
      candidates: expect.arrayContaining([expect.objectContaining({ chosen: true })]),
    });
    expect(Object.values(shown.curves)[0]).toHaveLength(shown.curves['mlp 32 (decay 0.5)'].length);
    expect(await call('run.compare', { first: 'r-x359f2p6e6', second: 'r-x35apqh909' })).toMatchObject({
      sameRows: false,
    });
    expect((await call('pipeline.show', { name: 'broken' })).runs[0]).toMatchObject({ status: 'failed' });
    await expect(call('run.resume', { run: 'r-x35ayt53d9' })).rejects.toMatchObject({
      code: 'TRS_TRACKING_NOT_RESUMABLE',
    });
  });

  it('has its models, which verify, and deployments with their predictions and labels', async () => {
    for (const model of ['trees@1', 'trees@2', 'plain@1', 'plain@champion'])
      expect(await call('model.verify', { model })).toMatchObject({ verified: true });
    const { deployments } = await call('monitor.status');
    expect(deployments).toMatchObject([
      {
        deployment: 'plain',
        traffic: { requests: 6, rows: 120, labels: 100 },
        lastRetrain: { promoted: false },
      },
      { deployment: 'trees', traffic: { requests: 6, rows: 120, labels: 100 } },
    ]);
    const traced = await call('trace', { ref: 'deployment:plain' });
    expect(traced.nodes.length).toBeGreaterThan(3);
  });

  it('works on: steps that are there are not made again, and a training, a retraining and a prediction are done', async () => {
    const { steps } = await call('pipeline.run', { name: 'sizes' });
    expect(steps.map(({ state }: { state: string }) => state)).not.toContain('failed');
    const trained = await call('train', {
      data: 'plain',
      target: 'height',
      estimator: 'linear',
      register: 'plain',
    });
    expect(trained.run).toMatch(/^r-[0-9a-f]{8}-/);
    expect(await call('monitor.retrain', { deployment: 'plain' })).toMatchObject({ labelledRows: 100 });
    expect((await call('predict', { model: 'plain@champion', data: 'plain@1' })).rows).toBe(240);
    expect(await call('audit.verify')).toMatchObject({ ok: true });
  });
});
