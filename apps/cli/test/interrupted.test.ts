import { readdir } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { labelled, makeProject, type Project, start } from './trestle.test.setup.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let project: Project;
/** Milliseconds until a command hears Ctrl-C: before that Node itself begins, and ends as any process does. */
let hearsAfterMs: number;
/** Milliseconds that are soon on this machine: the time in which it starts and ends ten commands, at least four seconds. */
let soonMs: number;

beforeAll(async () => {
  project = await makeProject();
  const from = performance.now();
  await project.run('--version');
  // It ends when a command would begin to listen; other tests run beside this one.
  hearsAfterMs = 2 * (performance.now() - from);
  soonMs = Math.max(4_000, 5 * hearsAfterMs);
  await project.write('rows.csv', labelled(2_000));
  await project.write('large.csv', labelled(400_000));
  await project.json('data', 'add', 'rows.csv', '--name', 'rows');
});
afterAll(() => project.remove());

const TRAIN = ['train', '--data', 'rows', '--target', 'label', '--exclude', 'day', '--estimator'];

/** The store is whole: nothing damaged, nothing left behind, the log's chain fits. */
async function expectWhole(): Promise<void> {
  expect(await project.json('doctor', '--deep')).toMatchObject({ ok: true });
  expect(await project.json('audit', 'verify')).toMatchObject({ ok: true });
  const left = (await readdir(project.dir, { recursive: true })).filter((name) => name.endsWith('.partial'));
  expect(left).toEqual([]);
}

describe('Ctrl-C', () => {
  it('ends a training with exit code 130, and the run says that it was interrupted', async () => {
    const training = start([...TRAIN, 'mlp', '--register', 'never', '--json'], { cwd: project.dir });
    await untilRunIs('running');
    training.child.kill('SIGINT');
    const { code, stdout } = await training.ended;
    expect(code).toBe(130);
    expect(JSON.parse(stdout).error.code).toMatch(/^TRS_/);
    expect((await project.json('run', 'list')).runs[0].status).toBe('interrupted');
    expect((await project.json('model', 'list')).models).toEqual([]);
    await expectWhole();
  });

  it('is heard within seconds at every stage of a training on many rows', async () => {
    await project.json('data', 'add', 'large.csv', '--name', 'many');
    const args = ['train', '--data', 'many', '--target', 'label', '--exclude', 'day', '--json'];
    for (const afterMs of [200, 800, 1_500, 2_500]) {
      const training = start([...args, '--estimator', 'linear'], { cwd: project.dir });
      await wait(Math.max(afterMs, hearsAfterMs));
      const from = performance.now();
      training.child.kill('SIGINT');
      const { code, stdout, stderr } = await training.ended;
      expect(performance.now() - from).toBeLessThan(soonMs);
      expect([code, stderr]).toEqual([130, '']);
      const { code: said, hint } = JSON.parse(stdout).error;
      expect([said, hint]).toEqual(['TRS_INTERRUPTED', expect.stringContaining('run the command again')]);
    }
    const { runs } = await project.json('run', 'list');
    expect(runs.filter(({ status }: { status: string }) => status === 'running')).toEqual([]);
    await expectWhole();
  });

  it('ends a data add with exit code 130, or comes too late for it; never half a version', async () => {
    for (const afterMs of [400, 700]) {
      const adding = start(['data', 'add', 'large.csv', '--name', 'large'], { cwd: project.dir });
      await wait(Math.max(afterMs, hearsAfterMs));
      adding.child.kill('SIGINT');
      const { code } = await adding.ended;
      expect([0, 130]).toContain(code);
      const { datasets } = await project.json('data', 'list');
      const large = datasets.find((one: { dataset: string }) => one.dataset === 'large');
      if (large) expect(large.rows).toBe(400_000);
    }
    await expectWhole();
  });
});

describe('kill -9', () => {
  it('in a data add leaves a store that verifies, and the same command works', async () => {
    for (const afterMs of [350, 550, 800])
      await killed(['data', 'add', 'large.csv', '--name', 'killed'], afterMs);
    expect((await project.json('data', 'add', 'large.csv', '--name', 'killed')).rows).toBe(400_000);
    await expectWhole();
  });

  it('in an append leaves all of its rows or none of them, and the same command works', async () => {
    await project.json('data', 'add', 'rows.csv', '--name', 'grown');
    const append = ['data', 'add', 'large.csv', '--name', 'grown', '--append'];
    for (const afterMs of [350, 550, 800]) {
      await killed(append, afterMs);
      const { rows } = await project.json('data', 'show', 'grown');
      expect((rows - 2_000) % 400_000).toBe(0);
    }
    const before = (await project.json('data', 'show', 'grown')).rows;
    expect((await project.json(...append)).rows).toBe(before + 400_000);
    await expectWhole();
  });

  it('in an erasure and in a collection leaves versions whole, and the same commands finish', async () => {
    await project.json('data', 'add', 'large.csv', '--name', 'subjects');
    const erase = ['data', 'erase', 'subjects', '--column', 'group', '--values', 'a'];
    for (const afterMs of [300, 450, 600, 800]) {
      await killed(erase, afterMs);
      await killed(['data', 'gc'], afterMs);
      const { rows } = await project.json('data', 'show', 'subjects');
      const counted = await project.json('data', 'query', 'SELECT count(*) AS n FROM subjects');
      expect([400_000, 266_666]).toContain(rows);
      expect(counted.rows).toEqual([{ n: rows }]);
    }
    await project.json(...erase);
    const left = await project.json(
      'data',
      'query',
      'SELECT count(*) AS n FROM subjects WHERE "group" = \'a\'',
    );
    expect(left.rows).toEqual([{ n: 0 }]);
    await project.json('data', 'gc');
    await expectWhole();
  });

  it('in a training leaves a store that verifies, and the same command works', async () => {
    for (const afterMs of [900, 2_500]) await killed([...TRAIN, 'mlp', '--register', 'survivor'], afterMs);
    const { model } = await project.json(...TRAIN, 'linear', '--register', 'survivor');
    expect((await project.json('model', 'verify', `survivor@${model.version}`)).verified).toBe(true);
    await expectWhole();
  });

  it('in a promotion leaves the alias where it was or where it goes, and the same command works', async () => {
    await project.json(...TRAIN, 'linear', '--register', 'promoted', '--seed', '1');
    await project.json(...TRAIN, 'linear', '--register', 'promoted', '--test', '0.3');
    await project.json('model', 'promote', 'promoted', '1', '--alias', 'champion');
    for (const afterMs of [300, 450, 600, 750]) {
      await killed(['model', 'promote', 'promoted', '2', '--alias', 'champion'], afterMs);
      const { versions } = await project.json('model', 'show', 'promoted');
      const holders = versions.filter((one: { aliases: string[] }) => one.aliases.includes('champion'));
      expect(holders).toHaveLength(1);
    }
    expect(await project.json('model', 'promote', 'promoted', '2', '--alias', 'champion')).toMatchObject({
      version: 2,
      alias: 'champion',
    });
    await expectWhole();
  });
});

async function killed(args: readonly string[], afterMs: number): Promise<void> {
  const { child, ended } = start(args, { cwd: project.dir });
  await wait(afterMs);
  child.kill('SIGKILL');
  await ended;
}

async function untilRunIs(status: string): Promise<void> {
  for (;;) {
    const { runs } = await project.json('run', 'list');
    if (runs[0]?.status === status) return;
    await wait(100);
  }
}
