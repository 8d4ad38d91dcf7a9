import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { trackingToken } from '@trestle/contracts';
import type { Host } from '@trestle/kernel';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sweepResume, sweepShow, sweepStart, trainingPlugin } from '../src/index.ts';

const CHILD = fileURLToPath(new URL('sweep.test.child.ts', import.meta.url));

/** Learns from `x` how far it is from 3; each trial says in a file that it began, and how it ends. */
const MODULE = `
import { appendFileSync } from 'node:fs';
export async function train({ x, kind }: { x: number; kind: string }, run: any) {
  appendFileSync(new URL('begun.txt', import.meta.url), run.trial + '\\n');
  if (kind === 'crash') process.kill(process.pid, 'SIGKILL');
  if (kind === 'throws') throw new RangeError('x is out of luck');
  if (kind === 'nan') return { metrics: { loss: NaN } };
  for (let step = 0; step < 9; step++) {
    run.log({ loss: (x - 3) ** 2 + 1 / (step + 1) }, { step });
    await new Promise((resolve) => setTimeout(resolve, kind === 'slow' ? 30 : 1));
  }
}
`;

describe('a search', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    project = await temporaryProject();
    host = await project.open([trackingPlugin, trainingPlugin]);
    await writeFile(join(project.dir, 'train.ts'), MODULE);
  });
  afterEach(() => project.remove());
  const write = (kinds: readonly string[], more: object = {}) =>
    writeFile(
      join(project.dir, 'sweep.json'),
      JSON.stringify({
        experiment: 'mine',
        module: './train.ts',
        metric: { name: 'loss', better: 'lower' },
        space: { x: { type: 'float', low: 0, high: 9 }, kind: { type: 'choice', values: kinds } },
        trials: 14,
        ...more,
      }),
    );
  const start = () => host.run(sweepStart, { file: 'sweep.json' }, { surface: 'cli' });
  const begun = async () =>
    (await readFile(join(project.dir, 'begun.txt'), 'utf8')).trim().split('\n').map(Number);

  it('goes on whatever becomes of a trial: killed, thrown, NaN; each is a run of its own, marked', {
    timeout: 120_000,
  }, async () => {
    await write(['fine', 'crash', 'throws', 'nan'], { strategy: 'random', workers: 2, trials: 12 });
    const result = await start();
    const errors = new Map(
      result.trials.map(({ params, state, error, metric }) => [params.kind, { state, error, metric }]),
    );
    expect(errors.get('crash')).toMatchObject({ state: 'failed', error: expect.stringContaining('SIGKILL') });
    expect(errors.get('throws')).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('RangeError: x is out of luck'),
    });
    expect(errors.get('nan')).toMatchObject({ state: 'complete', metric: null });
    expect(errors.get('fine')).toMatchObject({ state: 'complete' });
    expect(result.best?.params.kind).toBe('fine');
    const runs = await (await host.service(trackingToken)).list({ parent: result.sweep, limit: 100 });
    expect(runs).toHaveLength(12);
    expect(runs.every(({ kind, parent }) => kind === 'trial' && parent === result.sweep)).toBe(true);
    expect(await host.run(sweepShow, { sweep: result.sweep })).toMatchObject({
      status: 'succeeded',
      best: result.best,
      trials: result.trials.map(({ trial, state, metric }) => ({ trial, state, metric })),
    });
  });

  it('with the same seed and workers tries and ends the same, whatever is fast', {
    timeout: 120_000,
  }, async () => {
    await write(['fine', 'slow'], { prune: 'asha', workers: 2, seed: 7 });
    const [first, second] = [await start(), await start()];
    const told = ({ trials }: typeof first) =>
      trials.map(({ params, state, metric }) => ({ params, state, metric }));
    expect(told(second)).toEqual(told(first));
    expect(first.trials.some(({ state }) => state === 'pruned')).toBe(true);
    const [pruned] = first.trials.filter(({ state }) => state === 'pruned');
    const { status } = await (await host.service(trackingToken)).get(pruned?.run ?? '');
    expect(status).toBe('cancelled');
  });

  it('killed is taken up where it was: no trial that was over is done again', {
    timeout: 120_000,
  }, async () => {
    await write(['slow'], { trials: 8 });
    const child = spawn(process.execPath, [CHILD, project.dir], { stdio: ['ignore', 'ignore', 'inherit'] });
    await expect
      .poll(async () => (await begun().catch(() => [])).length, { interval: 20 })
      .toBeGreaterThan(3);
    child.kill('SIGKILL');
    await once(child, 'close');
    const before = await begun();
    const [run] = await (await host.service(trackingToken)).list({ kind: 'sweep', limit: 1 });
    const sweep = run?.run ?? '';
    // The lease of the process that was killed has to run out.
    await expect
      .poll(async () => (await host.run(sweepShow, { sweep })).status, { interval: 500 })
      .toBe('interrupted');
    const result = await host.run(sweepResume, { sweep }, { surface: 'cli' });
    const after = (await begun()).slice(before.length);
    // The one under way when it was killed begins again.
    expect(after).toEqual([3, 4, 5, 6, 7].slice(after.length === 5 ? 0 : 1));
    expect(result).toMatchObject({ sweep, status: 'succeeded' });
    expect(result.trials.map(({ trial, state }) => [trial, state])).toEqual(
      Array.from({ length: 8 }, (_, trial) => [trial, 'complete']),
    );
  });

  it('is refused by name where it cannot be right, before a trial', async () => {
    const code = async (more: object, surface: 'cli' | 'http' = 'cli') => {
      await write(['fine'], more);
      return await host
        .run(sweepStart, { file: join(project.dir, 'sweep.json') }, { surface })
        .catch((error: { code: string }) => error.code);
    };
    expect(await code({ strategy: 'tpee' })).toBe('TRS_TRAIN_SWEEP_UNKNOWN');
    expect(await code({ prune: 'sometimes' })).toBe('TRS_TRAIN_SWEEP_UNKNOWN');
    expect(await code({ workers: 200 })).toBe('TRS_TRAIN_SWEEP_WORKERS');
    expect(await code({ colour: 'red' })).toBe('TRS_TRAIN_SWEEP_FILE');
    expect(await code({ training: { data: 'd' } })).toBe('TRS_TRAIN_SWEEP_FILE');
    expect(await code({ space: { x: { type: 'float', low: 0, high: 1, when: { y: 1 } } } })).toBe(
      'TRS_TRAIN_SEARCH_SPACE',
    );
    expect(await code({ space: { x: { type: 'float', low: 0, high: 1, scale: 'log' } } })).toBe(
      'TRS_TRAIN_SWEEP_FILE',
    );
    expect(await code({ module: undefined, training: { data: 'd' } })).toBe('TRS_TRAIN_SWEEP_FILE');
    await write(['fine']);
    await mkdir(join(project.dir, 'files'));
    await rename(join(project.dir, 'sweep.json'), join(project.dir, 'files', 'sweep.json'));
    await expect(host.run(sweepStart, { file: 'sweep.json' }, { surface: 'http' })).rejects.toMatchObject({
      code: 'TRS_TRAIN_SWEEP_FILE',
      message: expect.stringContaining('a module is run'),
    });
  });
});
