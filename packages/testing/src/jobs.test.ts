import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import {
  type Context,
  type Host,
  type JobStore,
  jobStoreToken,
  journalToken,
  operation,
  plugin,
} from '@trestle/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type TemporaryProject, temporaryProject } from './temporary-project.ts';

const CHILD = fileURLToPath(new URL('./jobs.test.child.ts', import.meta.url));
const JOBS = { leaseMs: 1_500, heartbeatMs: 50 };
const soon = { timeout: 20_000, interval: 50 };

let isHeld = true;
const work = (id: string, run: (ctx: Context) => Promise<number>) =>
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
/** The child's, which does it. */
const stepped = operation({
  id: 'work.stepped',
  summary: 'Works in steps.',
  kind: 'job',
  access: 'work:do',
  input: z.object({ stopIn: z.string().default('') }),
  output: z.object({ made: z.array(z.string()) }),
  load: async () => async () => ({ made: [] }),
});
/** How often each step was done, by name. */
const done = new Map<string, number>();
let failsIn = '';
const inSteps = operation({
  id: 'work.in-steps',
  summary: 'Works in steps, of which one is told to fail.',
  kind: 'job',
  access: 'work:do',
  input: z.object({ twice: z.boolean().default(false), result: z.unknown() }),
  output: z.object({ made: z.array(z.unknown()) }),
  load:
    async () =>
    async (ctx, { twice, result }) => {
      const part = (name: string, value: unknown) => async (): Promise<unknown> => {
        done.set(name, (done.get(name) ?? 0) + 1);
        if (name === failsIn) throw new Error(`${name} fails`);
        return value;
      };
      const first = await ctx.step('first', part('first', { rows: 3, left: undefined }));
      if (twice) await ctx.step('first', part('first', 1));
      const inner = await ctx.step('outer', async (within) => [
        await within.step('first', part('outer/first', 'a')),
        await within.step('last', part('outer/last', 'b')),
      ]);
      const nothing = await ctx.step('nothing', part('nothing', undefined));
      const last = await ctx.step('last', part('last', result));
      return { made: [first, inner, nothing === undefined, last] };
    },
});
const resume = operation({
  id: 'work.resume',
  summary: 'Goes on with a job.',
  kind: 'job',
  access: 'work:do',
  input: z.object({ job: z.string() }),
  output: z.unknown(),
  load:
    async () =>
    async (ctx, { job }) =>
      await ctx.continueJob(job),
});
const workPlugin = plugin({
  name: 'work',
  version: '1.0.0',
  operations: [quick, held, waits, breaks, count, stepped, inSteps, resume],
});

describe('a job', () => {
  let project: TemporaryProject;
  let host: Host;
  let jobs: JobStore;
  const children: ChildProcess[] = [];
  beforeEach(async () => {
    isHeld = true;
    failsIn = '';
    done.clear();
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
      const smuggled = { id: 'j-1', operation: 'work.quick', input: {}, ...call };
      await jobs.enqueue(smuggled);
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
      const unknown = { id: 'j-1', operation: 'gone.away', input: {} };
      await jobs.enqueue({ ...unknown, principal: { id: 'ada', scopes: ['*:*'] } });
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

  describe('in steps', () => {
    const ofJobs = async (state: 'failed' | 'succeeded') =>
      (await jobs.list({ state, limit: 9 })).map(({ id }) => id);

    it('gives what its steps give, as JSON, and keeps each when it is done', async () => {
      const made = [{ rows: 3 }, ['a', 'b'], true, null];
      expect(await host.run(inSteps, { result: null })).toEqual({ made });
      const [id = ''] = await ofJobs('succeeded');
      expect((await jobs.steps(id)).map(({ name, result }) => [name, result])).toEqual([
        ['first', { rows: 3 }],
        ['outer/first', 'a'],
        ['outer/last', 'b'],
        ['outer', ['a', 'b']],
        ['nothing', undefined],
        ['last', null],
      ]);
    });

    it.each(['first', 'outer/first', 'outer/last', 'nothing', 'last'])(
      'that fails at "%s" goes on there when it is continued, and does no step twice',
      async (name) => {
        failsIn = name;
        await expect(host.run(inSteps, { result: 7 })).rejects.toThrow(`${name} fails`);
        const [id = ''] = await ofJobs('failed');
        failsIn = '';
        expect(await host.run(resume, { job: id })).toEqual({ made: [{ rows: 3 }, ['a', 'b'], true, 7] });
        for (const [step, times] of done) expect([step, times]).toEqual([step, step === name ? 2 : 1]);
      },
    );

    it('is not continued when it has succeeded, runs, or is not there', async () => {
      await host.run(inSteps, { result: 1 });
      const [id = ''] = await ofJobs('succeeded');
      const { id: queued } = await host.enqueue('work.in-steps', { result: 1 });
      const code = (job: string) => host.run(resume, { job }).catch((error: { code: string }) => error.code);
      expect(await code(id)).toBe('TRS_KERNEL_JOB_DONE');
      expect(await code(queued)).toBe('TRS_KERNEL_JOB_RUNS');
      expect(await code('j-0')).toBe('TRS_KERNEL_UNKNOWN_JOB');
    });

    it('refuses a name that is used twice', async () => {
      await expect(host.run(inSteps, { twice: true, result: 1 })).rejects.toMatchObject({
        code: 'TRS_KERNEL_STEP_TWICE',
        details: { step: 'first' },
      });
    });

    it.each([
      ['a number that JSON has not', Number.NaN, 'it is NaN'],
      ['bytes', { digest: new Uint8Array(2) }, 'it.digest is a Uint8Array'],
      ['a date', [new Date(0)], 'it[0] is a Date'],
      ['a list with a hole', [1, undefined], 'it[1] is a undefined'],
    ])('refuses %s as a result, and says where it is', async (_, result, fault) => {
      // In the process itself: a job's own input is JSON.
      const odd = work('work.odd', (ctx) => ctx.step('odd', async () => result).then(() => 1));
      const other = await project.open([plugin({ name: 'odd', version: '1.0.0', operations: [odd] })]);
      await expect(other.run(odd, {})).rejects.toMatchObject({
        code: 'TRS_KERNEL_STEP_RESULT',
        message: expect.stringContaining(fault),
      });
    });
  });

  describe('whose worker is stopped, and wakes when another has taken the job', () => {
    it('commits nothing: no change, no step, no end', async () => {
      const { id } = await host.enqueue('work.stepped', { stopIn: 'first two' });
      const first = worker('first');
      await expect.poll(said, soon).toEqual(['first does one', 'first does two']);
      const second = worker('second');
      await expect.poll(() => state(id), soon).toBe('succeeded');
      second.kill('SIGKILL');
      first.kill('SIGCONT');
      // It tries to keep what it was at, is refused, and takes the next job as if nothing had been.
      const next = await host.enqueue('work.count', { steps: 1 });
      await expect.poll(() => jobs.get(next.id), soon).toMatchObject({ output: { by: 'first' } });
      expect(await jobs.get(id)).toMatchObject({
        state: 'succeeded',
        generation: 2,
        output: { made: ['one by first', 'two by second', 'three by second'] },
      });
      expect((await jobs.steps(id)).map(({ name }) => name)).toEqual(['one', 'two', 'three']);
      const journal = await host.service(journalToken);
      const parts = await journal.read({ types: ['part.made'] });
      expect(parts.map(({ subject, payload }) => [subject, payload.by])).toEqual([
        ['part:one', 'first'],
        ['part:two', 'second'],
        ['part:three', 'second'],
      ]);
      const ends = await journal.read({ types: ['operation.succeeded', 'operation.failed'] });
      expect(ends.filter(({ requestId }) => requestId === id).map(({ type }) => type)).toEqual([
        'operation.succeeded',
      ]);
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
