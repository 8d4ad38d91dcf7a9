import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Host, invariant } from '@trestle/kernel';
import { blobsToken, metadataToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runDelete, runList, runSeries, runShow, runSync, trackingPlugin } from '../index.ts';
import { startRun } from './index.ts';
import { type Fault, runsServer } from './runs-server.test.setup.ts';

const CHILD = fileURLToPath(new URL('log.test.child.ts', import.meta.url));

describe('a run that a script logs', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    process.env.TRESTLE_STORE__RESERVE_BYTES = '0';
    project = await temporaryProject();
    host = await project.open([trackingPlugin], { cwd: project.dir });
  });
  afterEach(() => project.remove());
  const start = (options: Partial<Parameters<typeof startRun>[0]> = {}) =>
    startRun({ experiment: 'mine/first', project: project.dir, code: false, ...options } as never);
  const seriesOf = async (run: string, name = 'loss') =>
    invariant((await host.run(runSeries, { runs: [run], metrics: [name] })).series[0], `the series ${name}`);
  const left = async () => readdir(join(project.dir, '.trestle', 'outbox')).catch(() => []);
  /** What somebody sees half a minute later. */
  const losePatience = async (run: string) =>
    (await host.service(metadataToken)).write<{ tracked_runs: { heard_at_ms: number; run: string } }, void>(
      async (db) => {
        await db.updateTable('tracked_runs').set({ heard_at_ms: 0 }).where('run', '=', run).execute();
      },
    );
  /** A script that logs until it is killed, when so many measurements have come. */
  const killed = async (args: readonly string[]): Promise<string> => {
    const child = spawn(process.execPath, [CHILD, project.dir, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [id] = await once(createInterface({ input: child.stdout }), 'line');
    await expect
      .poll(async () => (await seriesOf(id).catch(() => ({ points: 0 }))).points, { interval: 50 })
      .toBeGreaterThan(20);
    child.kill('SIGKILL');
    await once(child, 'close');
    return String(id);
  };

  it('has parameters, metrics, tags, notes and files as they were given', async () => {
    await mkdir(join(project.dir, 'out', 'deep'), { recursive: true });
    await writeFile(join(project.dir, 'out', 'a.txt'), 'a');
    await writeFile(join(project.dir, 'out', 'deep', 'b.bin'), Buffer.alloc(9 * 2 ** 20, 7));
    await writeFile(join(project.dir, 'out', 'none'), '');
    const run = await start({ params: { rate: 0.1, layers: [3, 1], nothing: undefined } });
    for (const step of [3, 1, 2]) run.log({ loss: step, 'test/accuracy': step / 4 }, { step });
    run.params({ rate: 0.2 });
    run.tag('stage', 'candidate');
    run.note('it oscillates');
    const kept = await run.artifact(join(project.dir, 'out'));
    await writeFile(join(project.dir, 'out', 'a.txt'), 'changed afterwards');
    expect(await run.finish()).toEqual({ hasArrived: true });
    const shown = await host.run(runShow, { run: run.id });
    expect(shown).toMatchObject({
      status: 'succeeded',
      experiment: 'mine/first',
      params: { rate: 0.2, layers: [3, 1] },
      metrics: { loss: 3, test: { accuracy: 0.75 } },
      curves: { loss: [1, 2, 3] },
      tags: { stage: 'candidate' },
      notes: ['it oscillates'],
      artifacts: kept,
    });
    expect(kept.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['out/a.txt', 1],
      ['out/deep/b.bin', 9 * 2 ** 20],
      ['out/none', 0],
    ]);
    const [first] = kept;
    expect(String(await (await host.service(blobsToken)).read(invariant(first, 'the first').digest))).toBe(
      'a',
    );
    expect(await left()).toEqual([]);
  });

  it('keeps NaN and infinities exactly, and both values of a step that is logged twice', async () => {
    const run = await start();
    run.log({ loss: 0.5 }, { step: 1 });
    run.log({ loss: Number.NaN }, { step: 2 });
    run.log({ loss: 0.25 }, { step: 1 });
    run.log({ loss: Number.NEGATIVE_INFINITY });
    run.log({ loss: 5e-324, big: 1.7976931348623157e308, long: 123456789012345680000 });
    await run.finish();
    expect(await seriesOf(run.id)).toMatchObject({
      points: 5,
      steps: [1, 1, 2, 3, 4],
      low: [0.5, 0.25, null, null, 5e-324],
      special: [
        { step: 2, value: 'NaN' },
        { step: 3, value: '-Infinity' },
      ],
    });
    expect(await host.run(runShow, { run: run.id })).toMatchObject({
      metrics: { loss: 5e-324, big: 1.7976931348623157e308, long: 123456789012345680000 },
      specialValues: [
        { name: 'loss', value: '-Infinity', points: 1, firstStep: 3 },
        { name: 'loss', value: 'NaN', points: 1, firstStep: 2 },
      ],
    });
  });

  it('refuses by name what cannot be kept, at once, and goes on', async () => {
    const run = await start();
    const refused = (work: () => unknown) =>
      expect(work).toThrow(expect.objectContaining({ code: expect.stringMatching(/^TRS_TRACKING_/) }));
    refused(() => run.log({ loss: '0.5' as never }));
    refused(() => run.log({ '': 1 }));
    refused(() => run.log({ ['x'.repeat(251)]: 1 }));
    refused(() => run.log({ loss: 1 }, { step: 1.5 }));
    refused(() => run.log({ loss: 1 }, { step: -1 }));
    refused(() => run.params({ big: 'x'.repeat(20_000) }));
    refused(() => run.params({ odd: () => 1 }));
    refused(() => run.note(''));
    await symlink('/etc/passwd', join(project.dir, 'link'));
    await expect(run.artifact(join(project.dir, 'link'))).rejects.toMatchObject({
      code: 'TRS_TRACKING_LINK',
    });
    await expect(run.artifact(join(project.dir, 'nowhere'))).rejects.toMatchObject({
      code: 'TRS_SYSTEM_ENOENT',
    });
    await expect(start({ experiment: '../up' })).rejects.toMatchObject({ code: 'TRS_TRACKING_NAME' });
    await expect(start({ params: { a: 1n } })).rejects.toThrow();
    run.log({ loss: 1 });
    await run.finish();
    refused(() => run.log({ loss: 2 }));
    expect((await seriesOf(run.id)).points).toBe(1);
  });

  it('fails when its scope is left, and says so', async () => {
    let id = '';
    {
      await using run = await start();
      id = run.id;
    }
    expect(await host.run(runShow, { run: id })).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('run.finish()'),
    });
  });

  it('is lost when its process is killed, is sent later, and goes on as the same run', async () => {
    const id = await killed(['-', 'mine/first']);
    expect((await host.run(runShow, { run: id })).status).toBe('running');
    await losePatience(id);
    expect(await host.run(runShow, { run: id })).toMatchObject({
      status: 'interrupted',
      lastHeardAt: expect.any(String),
    });
    expect((await host.run(runList, { status: 'interrupted' })).runs.map(({ run }) => run)).toEqual([id]);
    expect((await host.run(runList, { status: 'running' })).runs).toEqual([]);
    await host.run(runSync, {}, { surface: 'cli' });
    const before = await seriesOf(id);
    expect(before.steps).toEqual(before.steps.map((_, at) => at));
    const again = await start({ resume: id, experiment: undefined });
    again.log({ loss: -1 });
    await again.finish();
    const after = await seriesOf(id);
    expect(after.points).toBe(before.points + 1);
    expect(after.low.at(-1)).toBe(-1);
    expect(await host.run(runShow, { run: id })).toMatchObject({ status: 'succeeded' });
    expect(await left()).toEqual([]);
    await expect(host.run(runSync, {}, { surface: 'http' })).rejects.toMatchObject({
      code: 'TRS_TRACKING_SYNC_ELSEWHERE',
    });
  });

  it('to a server that loses answers and is away comes once, files too, whoever sends it', async () => {
    // Of the beginning, of the file's parts, and of what is behind them.
    const faults: Fault[] = ['away', 'loses', 'answers', 'loses', 'answers', 'answers', 'loses', 'away'];
    let asked = 0;
    const server = await runsServer(host, () => faults[asked++] ?? 'answers');
    try {
      await writeFile(join(project.dir, 'big.bin'), Buffer.alloc(9 * 2 ** 20, 3));
      const run = await start({ server: server.url });
      for (let step = 0; step < 9_000; step++) run.log({ loss: step }, { step });
      await run.artifact(join(project.dir, 'big.bin'));
      run.note('once');
      expect(await run.finish({ waitMs: 60_000 })).toEqual({ hasArrived: true });
      expect(await host.run(runShow, { run: run.id })).toMatchObject({
        status: 'succeeded',
        notes: ['once'],
        artifacts: [{ name: 'big.bin', bytes: 9 * 2 ** 20 }],
      });
      expect((await seriesOf(run.id)).points).toBe(9_000);
      expect(asked).toBeGreaterThan(faults.length);
    } finally {
      await server.close();
    }
  });

  it('waits on the disk where there is no server, and is sent when there is one', async () => {
    const gone = await runsServer(host, () => 'answers');
    await gone.close();
    const run = await start({ server: gone.url, params: { rate: 1 } });
    run.log({ loss: 1 });
    expect(await run.finish({ waitMs: 100 })).toEqual({ hasArrived: false });
    await expect(host.run(runShow, { run: run.id })).rejects.toMatchObject({ code: 'TRS_TRAIN_UNKNOWN_RUN' });
    const [name = ''] = await left();
    const head = join(project.dir, '.trestle', 'outbox', name, 'head.json');
    const kept = JSON.parse(await readFile(head, 'utf8'));
    // As it is once the script has ended; this process is still there.
    const server = await runsServer(host, () => 'answers');
    try {
      await writeFile(head, JSON.stringify({ ...kept, pid: 2 ** 30, target: { server: server.url } }));
      const sync = async () => (await host.run(runSync, {}, { surface: 'cli' })).runs;
      expect(await sync()).toEqual([{ run: run.id, sent: 4, refused: 0 }]);
      expect(await sync()).toEqual([]);
      expect(await host.run(runShow, { run: run.id })).toMatchObject({
        status: 'succeeded',
        params: { rate: 1 },
        metrics: { loss: 1 },
      });
    } finally {
      await server.close();
    }
  });

  it('that was deleted meanwhile is not begun again by what comes late', async () => {
    const run = await start();
    run.log({ loss: 1 });
    await run.finish();
    await host.run(runDelete, { run: run.id });
    const again = await start({ resume: run.id, experiment: undefined });
    expect(await again.finish({ waitMs: 200 })).toEqual({ hasArrived: false });
    await expect(host.run(runShow, { run: run.id })).rejects.toMatchObject({ code: 'TRS_TRAIN_UNKNOWN_RUN' });
  });
});
