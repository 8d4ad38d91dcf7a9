import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Host, type JobStore, jobStoreToken, operation, plugin } from '@trestle/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type TemporaryProject, temporaryProject } from './temporary-project.ts';

const CHILD = fileURLToPath(new URL('./jobs.test.child.ts', import.meta.url));
const JOBS = { leaseMs: 1_500, heartbeatMs: 50 };
const soon = { timeout: 20_000, interval: 50 };

let isHeld = true;
const work = (
  id: string,
  run: (ctx: { signal: AbortSignal; jobId: string | undefined }) => Promise<number>,
) =>
  operation({
    id,
    summary: 'Works.',
    kind: 'job',
    access: 'work:do',
    // As the child's operation takes it.
    input: z.object({ steps: z.number().default(1), stuckOn: z.array(z.string()).default([]) }),
    output: z.object({ counted: z.number() }),
    load: async () => async (ctx) => {
      ctx.progress({ step: 'working', fraction: 0.25, values: { rows: 10 } });
      return { counted: await run(ctx) };
    },
  });
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
const quick = work('work.quick', async () => 1);
const held = work('work.held', async () => {
  while (isHeld) await new Promise((resolve) => setTimeout(resolve, 10));
  return 2;
});
const waits = work('work.waits', ({ signal }) => untilAborted(signal));
const breaks = work('work.breaks', async () => {
  throw new Error('it broke');
});
const count = work('work.count', async () => 0);
const workPlugin = plugin({
  name: 'work',
  version: '1.0.0',
  operations: [quick, held, waits, breaks, count],
});

describe('a job', () => {
  let project: TemporaryProject;
  let host: Host;
  let jobs: JobStore;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    isHeld = true;
    project = await temporaryProject();
    host = await project.open([workPlugin], { jobs: JOBS, log: { debug() {}, info() {}, warn() {} } });
    jobs = await host.service(jobStoreToken);
  });
  afterEach(async () => {
    isHeld = false;
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await project.remove();
  });
  const state = async (id: string) => (await jobs.get(id))?.state;
  /** A worker in a process of its own. */
  const worker = (name: string): ChildProcess => {
    const child = spawn(process.execPath, [CHILD, project.dir, name], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    children.push(child);
    return child;
  };
  const said = async () =>
    (await readFile(join(project.dir, 'said'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

  describe('that is run here', () => {
    it('is seen by others while it runs, with its progress, and afterwards, with its result', async () => {
      const running = host.run(held, {});
      await expect
        .poll(() => jobs.list({ state: 'running', limit: 9 }), soon)
        .toMatchObject([
          {
            operation: 'work.held',
            input: {},
            attempts: 1,
            progress: { step: 'working', fraction: 0.25, values: { rows: 10 } },
          },
        ]);
      isHeld = false;
      expect(await running).toEqual({ counted: 2 });
      expect(await jobs.list({ state: 'succeeded', limit: 9 })).toMatchObject([{ output: { counted: 2 } }]);
    });

    it('is taken by no worker', async () => {
      const running = host.run(held, {});
      await host.start();
      await new Promise((resolve) => setTimeout(resolve, 2 * JOBS.leaseMs));
      expect(await jobs.list({ limit: 9 })).toMatchObject([{ state: 'running', attempts: 1 }]);
      isHeld = false;
      await running;
    });

    it('can be cancelled by others, and says so', async () => {
      const running = host.run(waits, {});
      const [job] = await expect
        .poll(() => jobs.list({ state: 'running', limit: 9 }), soon)
        .toHaveLength(1)
        .then(() => jobs.list({ limit: 9 }));
      await jobs.requestCancel(job?.id ?? '');
      await expect(running).rejects.toMatchObject({ code: 'TRS_KERNEL_JOB_CANCEL', kind: 'interrupted' });
      expect(await state(job?.id ?? '')).toBe('cancelled');
    });

    it('is interrupted with its caller', async () => {
      const controller = new AbortController();
      const running = host.run(waits, {}, { signal: controller.signal });
      setTimeout(() => controller.abort(), 50);
      await expect(running).rejects.toMatchObject({ kind: 'interrupted' });
      expect(await jobs.list({ limit: 9 })).toMatchObject([{ state: 'interrupted' }]);
    });

    it('is not made of an input that is refused', async () => {
      await expect(host.runById('work.quick', { steps: 'x' })).rejects.toMatchObject({ kind: 'invalid' });
      await expect(host.enqueue('work.quick', { steps: 'x' })).rejects.toMatchObject({ kind: 'invalid' });
      expect(await jobs.list({ limit: 9 })).toEqual([]);
    });
  });

  describe('that is queued', () => {
    it('waits for a worker, and is done once', async () => {
      const job = await host.enqueue('work.quick', {}, { principal: { id: 'ada', scopes: ['work:*'] } });
      expect(job).toMatchObject({ state: 'queued', attempts: 0, principal: { id: 'ada' } });
      await host.start();
      await expect
        .poll(() => jobs.get(job.id), soon)
        .toMatchObject({ state: 'succeeded', attempts: 1, output: { counted: 1 } });
    });

    it('is refused to who may not do it, when it is queued and when it is run', async () => {
      const call = { principal: { id: 'eve', scopes: ['other:*'] } };
      await expect(host.enqueue('work.quick', {}, call)).rejects.toMatchObject({
        code: 'TRS_KERNEL_ACCESS_DENIED',
      });
      const smuggled = { id: 'j-1', operation: 'work.quick', input: {}, mode: 'queued' as const, ...call };
      await jobs.create(smuggled, 'x', 1_000);
      await host.start();
      await expect
        .poll(() => jobs.get('j-1'), soon)
        .toMatchObject({ state: 'failed', error: { code: 'TRS_KERNEL_ACCESS_DENIED' } });
    });

    it('that fails keeps its error, is not tried again, and stops no other', async () => {
      const bad = await host.enqueue('work.breaks', {});
      const good = await host.enqueue('work.quick', {});
      await host.start();
      await expect.poll(() => state(good.id), soon).toBe('succeeded');
      expect(await jobs.get(bad.id)).toMatchObject({
        state: 'failed',
        attempts: 1,
        error: { code: 'TRS_INTERNAL', kind: 'failed' },
      });
    });

    it('whose operation no plugin has fails, and stops no other', async () => {
      const unknown = { id: 'j-1', operation: 'gone.away', input: {}, mode: 'queued' as const };
      await jobs.create({ ...unknown, principal: { id: 'ada', scopes: ['*:*'] } }, 'x', 1_000);
      const good = await host.enqueue('work.quick', {});
      await host.start();
      await expect.poll(() => state(good.id), soon).toBe('succeeded');
      expect(await jobs.get('j-1')).toMatchObject({
        state: 'failed',
        error: { code: 'TRS_KERNEL_JOB_UNKNOWN_OPERATION', kind: 'unavailable' },
      });
    });

    it('can be cancelled while it runs', async () => {
      const job = await host.enqueue('work.waits', {});
      await host.start();
      await expect.poll(() => state(job.id), soon).toBe('running');
      await jobs.requestCancel(job.id);
      await expect.poll(() => state(job.id), soon).toBe('cancelled');
    });

    it('keeps its lease for as long as it runs', async () => {
      const job = await host.enqueue('work.held', {});
      await host.start();
      await new Promise((resolve) => setTimeout(resolve, 3 * JOBS.leaseMs));
      expect(await jobs.claim('thief', 1_000, 3)).toBeUndefined();
      isHeld = false;
      await expect.poll(() => jobs.get(job.id), soon).toMatchObject({ state: 'succeeded', attempts: 1 });
    });
  });

  describe('whose worker is killed', () => {
    it('is taken by another, from the progress that was kept', async () => {
      const { id } = await host.enqueue('work.count', { steps: 3, stuckOn: ['first'] });
      const first = worker('first');
      await expect.poll(async () => (await jobs.get(id))?.progress?.step, soon).toMatch(/ of first$/);
      first.kill('SIGKILL');
      await once(first, 'close');
      expect(await jobs.get(id)).toMatchObject({
        state: 'running',
        attempts: 1,
        progress: { fraction: expect.any(Number) },
      });
      worker('second');
      await expect
        .poll(() => jobs.get(id), soon)
        .toMatchObject({
          state: 'succeeded',
          attempts: 2,
          output: { counted: 3, by: 'second' },
        });
      expect(await said()).toEqual(['first begins', 'second begins']);
    });

    it('is begun three times at most', async () => {
      const { id } = await host.enqueue('work.count', { steps: 1, stuckOn: ['a', 'b', 'c'] });
      for (const name of ['a', 'b', 'c']) {
        const child = worker(name);
        await expect.poll(said, soon).toContain(`${name} begins`);
        child.kill('SIGKILL');
        await once(child, 'close');
      }
      worker('d');
      await expect
        .poll(() => jobs.get(id), soon)
        .toMatchObject({
          state: 'interrupted',
          attempts: 3,
          error: { code: 'TRS_STORE_JOB_ABANDONED' },
        });
      expect(await said()).toEqual(['a begins', 'b begins', 'c begins']);
    });

    it('goes to another too where the worker was only told to stop', async () => {
      const { id } = await host.enqueue('work.count', { steps: 2, stuckOn: ['first'] });
      const first = worker('first');
      await expect.poll(said, soon).toEqual(['first begins']);
      first.kill('SIGTERM');
      expect(await once(first, 'close')).toEqual([0, null]);
      expect(await jobs.get(id)).toMatchObject({ state: 'queued', attempts: 0 });
      worker('second');
      await expect
        .poll(() => jobs.get(id), soon)
        .toMatchObject({ state: 'succeeded', attempts: 1, output: { by: 'second' } });
    });
  });
});
