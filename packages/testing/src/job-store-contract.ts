import { type FinishedStep, type JobHold, type JobStore, systemPrincipal } from '@trestle/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

export interface JobStoreUnderTest {
  readonly jobs: JobStore;
  /** The same queue, as another process has it. */
  another(): Promise<Pick<JobStoreUnderTest, 'jobs'>>;
  close(): Promise<void>;
}

const MINUTE_MS = 60_000;
/** A lease that has run out when it is given. */
const OVER_MS = -1;
const job = (id: string, key?: string) => ({
  id,
  operation: 'work.do',
  input: { size: 3 },
  principal: systemPrincipal,
  key,
});
const hold = (job: string, generation: number): JobHold => ({ job, generation });
const step = (name: string, result: unknown): FinishedStep => ({ name, result, tookMs: 5 });
const error = { code: 'TRS_WORK_BROKE', message: 'It broke.', hint: '', details: {} };

/** What every job queue must do. Call it inside a vitest file. */
export function jobStoreContract(name: string, open: () => Promise<JobStoreUnderTest>): void {
  describe(`${name}: job store contract`, () => {
    let store: JobStoreUnderTest;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(async () => {
      await store.close();
    });

    it('queues a job, hands it out once, and keeps its result', async () => {
      const { jobs } = store;
      expect(await jobs.enqueue(job('a'))).toMatchObject({ state: 'queued', attempts: 0 });
      expect(await jobs.claim('w1', MINUTE_MS, 3)).toMatchObject({
        id: 'a',
        state: 'running',
        attempts: 1,
        input: { size: 3 },
      });
      expect(await jobs.claim('w2', MINUTE_MS, 3)).toBeUndefined();
      expect(await jobs.finish(hold('a', 1), { state: 'succeeded', output: { done: true } })).toBe(true);
      expect(await jobs.get('a')).toMatchObject({
        state: 'succeeded',
        output: { done: true },
        finishedAt: expect.any(String),
      });
    });

    it('hands the oldest out first', async () => {
      for (const id of ['a', 'b', 'c']) {
        await store.jobs.enqueue(job(id));
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      const ids = [];
      for (let n = 0; n < 3; n++) ids.push((await store.jobs.claim('w', MINUTE_MS, 3))?.id);
      expect(ids).toEqual(['a', 'b', 'c']);
    });

    it('gives each job to one of many workers that ask at once', async () => {
      for (let n = 0; n < 20; n++) await store.jobs.enqueue(job(`job-${n}`));
      const queues = [store.jobs, (await store.another()).jobs];
      const claimed = await Promise.all(
        Array.from({ length: 30 }, (_, n) => queues[n % 2]?.claim(`w${n}`, MINUTE_MS, 3)),
      );
      const ids = claimed.flatMap((each) => each?.id ?? []);
      expect(ids).toHaveLength(20);
      expect(new Set(ids).size).toBe(20);
    });

    it('holds an inline job for the process that made it', async () => {
      expect(await store.jobs.begin(job('a'), 'me', MINUTE_MS)).toMatchObject({
        state: 'running',
        attempts: 1,
      });
      expect(await store.jobs.claim('w', MINUTE_MS, 3)).toBeUndefined();
      expect(await store.jobs.finish(hold('a', 0), { state: 'succeeded', output: 1 })).toBe(false);
      expect(await store.jobs.finish(hold('a', 1), { state: 'failed', error })).toBe(true);
      expect(await store.jobs.get('a')).toMatchObject({ state: 'failed', error });
    });

    it('lets another worker take over when a lease runs out, and ignores the first one then', async () => {
      const { jobs } = store;
      await jobs.enqueue(job('a'));
      await jobs.claim('w1', OVER_MS, 3);
      expect(await jobs.claim('w2', MINUTE_MS, 3)).toMatchObject({ id: 'a', attempts: 2 });
      expect(await jobs.heartbeat(hold('a', 1), MINUTE_MS, undefined)).toBe('lost');
      expect(await jobs.finish(hold('a', 1), { state: 'succeeded', output: 'late' })).toBe(false);
      expect(await jobs.finish(hold('a', 2), { state: 'succeeded', output: 'right' })).toBe(true);
      expect(await jobs.get('a')).toMatchObject({ output: 'right' });
    });

    it('takes a job back from its worker, which had not begun it then', async () => {
      const { jobs } = store;
      await jobs.enqueue(job('a'));
      await jobs.claim('w1', MINUTE_MS, 3);
      expect(await jobs.release(hold('a', 2))).toBe(false);
      expect(await jobs.get('a')).toMatchObject({ state: 'running' });
      expect(await jobs.release(hold('a', 1))).toBe(true);
      expect(await jobs.get('a')).toMatchObject({ state: 'queued', attempts: 0 });
      expect(await jobs.claim('w2', MINUTE_MS, 3)).toMatchObject({ id: 'a', attempts: 1 });
      await jobs.requestCancel('a');
      await jobs.release(hold('a', 2));
      expect(await jobs.get('a')).toMatchObject({ state: 'cancelled' });
    });

    it('renews a lease with a heartbeat, and keeps the progress', async () => {
      const { jobs } = store;
      await jobs.enqueue(job('a'));
      await jobs.claim('w1', OVER_MS, 3);
      const progress = { step: 'reading', fraction: 0.5, values: { rows: 10 } };
      expect(await jobs.heartbeat(hold('a', 1), MINUTE_MS, progress)).toBe('go-on');
      expect(await jobs.claim('w2', MINUTE_MS, 3)).toBeUndefined();
      expect(await jobs.get('a')).toMatchObject({ progress });
    });

    it('ends a job as interrupted when nobody may try again: inline, or tried often enough', async () => {
      const { jobs } = store;
      await jobs.begin(job('inline'), 'dead', OVER_MS);
      await jobs.enqueue(job('queued'));
      expect(await jobs.claim('w1', OVER_MS, 2)).toMatchObject({ id: 'queued' });
      expect(await jobs.claim('w2', OVER_MS, 2)).toMatchObject({ id: 'queued', attempts: 2 });
      expect(await jobs.claim('w3', MINUTE_MS, 2)).toBeUndefined();
      for (const id of ['inline', 'queued']) {
        expect(await jobs.get(id)).toMatchObject({
          state: 'interrupted',
          error: { code: expect.stringMatching(/^TRS_/) },
        });
      }
    });

    it('shows an inline job whose process died as interrupted, without any worker', async () => {
      await store.jobs.begin(job('a'), 'dead', OVER_MS);
      expect(await store.jobs.get('a')).toMatchObject({ state: 'interrupted' });
      expect(await store.jobs.list({ state: 'interrupted', limit: 10 })).toHaveLength(1);
      expect(await store.jobs.list({ state: 'running', limit: 10 })).toEqual([]);
    });

    it('cancels a job that waits at once, and tells the worker of one that runs', async () => {
      const { jobs } = store;
      await jobs.enqueue(job('waits'));
      expect(await jobs.requestCancel('waits')).toMatchObject({ state: 'cancelled' });
      expect(await jobs.claim('w', MINUTE_MS, 3)).toBeUndefined();
      await jobs.enqueue(job('runs'));
      await jobs.claim('w', MINUTE_MS, 3);
      expect(await jobs.requestCancel('runs')).toMatchObject({ state: 'running', cancelRequested: true });
      expect(await jobs.heartbeat(hold('runs', 1), MINUTE_MS, undefined)).toBe('cancel');
      expect(await jobs.requestCancel('unknown')).toBeUndefined();
    });

    it('leaves a finished job as it is', async () => {
      const { jobs } = store;
      await jobs.begin(job('a'), 'me', MINUTE_MS);
      await jobs.finish(hold('a', 1), { state: 'succeeded', output: 1 });
      expect(await jobs.requestCancel('a')).toMatchObject({ state: 'succeeded', output: 1 });
      expect(await jobs.finish(hold('a', 1), { state: 'failed', error })).toBe(false);
      expect(await jobs.heartbeat(hold('a', 1), MINUTE_MS, undefined)).toBe('lost');
    });

    it('has one job of an operation for a key, whoever asks and however often', async () => {
      const { jobs } = store;
      const queues = [jobs, (await store.another()).jobs];
      const asked = await Promise.all(
        ['a', 'b', 'c', 'd'].map((id, n) => (queues[n % 2] ?? jobs).enqueue(job(id, 'dataset:rows@3'))),
      );
      expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
      await jobs.claim('w', MINUTE_MS, 3);
      await jobs.finish(hold(asked[0]?.id ?? '', 1), { state: 'succeeded', output: 1 });
      expect(await jobs.enqueue(job('z', 'dataset:rows@3'))).toMatchObject({ state: 'succeeded', output: 1 });
      expect(await jobs.enqueue(job('e', 'dataset:rows@4'))).toMatchObject({ id: 'e', state: 'queued' });
      expect(await jobs.enqueue({ ...job('f', 'dataset:rows@3'), operation: 'work.other' })).toMatchObject({
        id: 'f',
      });
    });

    it('keeps the finished steps of a job, for whoever takes it next', async () => {
      const { jobs } = store;
      await jobs.enqueue(job('a'));
      await jobs.claim('w1', OVER_MS, 3);
      expect(await jobs.keepStep(hold('a', 1), step('read', { rows: 3 }))).toBe(true);
      expect(await jobs.keepStep(hold('a', 1), step('say', undefined))).toBe(true);
      await jobs.claim('w2', MINUTE_MS, 3);
      expect(await jobs.steps('a')).toMatchObject([
        { name: 'read', result: { rows: 3 } },
        { name: 'say', result: undefined },
      ]);
      expect(await jobs.steps('unknown')).toEqual([]);
    });

    it('takes nothing from a worker whose job another has, also when both have the same name', async () => {
      const { jobs } = store;
      await jobs.enqueue(job('a'));
      const first = await jobs.claim('same', OVER_MS, 3);
      const second = await jobs.claim('same', MINUTE_MS, 3);
      expect(second?.generation).toBeGreaterThan(first?.generation ?? 0);
      const late = hold('a', first?.generation ?? 0);
      expect(await jobs.heartbeat(late, MINUTE_MS, { step: 'late' })).toBe('lost');
      expect(await jobs.keepStep(late, step('late', 1))).toBe(false);
      expect(await jobs.finish(late, { state: 'succeeded', output: 'late' })).toBe(false);
      expect(await jobs.release(late)).toBe(false);
      expect(await jobs.get('a')).toMatchObject({ state: 'running', progress: undefined, attempts: 2 });
      expect(await jobs.steps('a')).toEqual([]);
    });

    it('takes nothing from a worker that gave its job back, or whose job nobody has any more', async () => {
      const { jobs } = store;
      await jobs.enqueue(job('a'));
      await jobs.claim('w', MINUTE_MS, 3);
      await jobs.release(hold('a', 1));
      expect(await jobs.keepStep(hold('a', 1), step('late', 1))).toBe(false);
      expect(await jobs.finish(hold('a', 1), { state: 'succeeded', output: 'late' })).toBe(false);
      // The number goes on, so that no later hold is the same as this one.
      expect(await jobs.claim('w', MINUTE_MS, 3)).toMatchObject({ generation: 2 });
    });

    it('gives what a dead process had to others at once', async () => {
      const { jobs } = store;
      await jobs.enqueue(job('a'));
      await jobs.enqueue(job('b'));
      await jobs.claim('dead', MINUTE_MS, 3);
      await jobs.claim('alive', MINUTE_MS, 3);
      await jobs.giveUp('dead');
      expect(await jobs.claim('other', MINUTE_MS, 3)).toMatchObject({ id: 'a', attempts: 2 });
      expect(await jobs.claim('other', MINUTE_MS, 3)).toBeUndefined();
    });

    it('lists newest first, by state, at most so many', async () => {
      for (const id of ['a', 'b', 'c']) {
        await store.jobs.enqueue(job(id));
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      await store.jobs.claim('w', MINUTE_MS, 3);
      const ids = async (query: Parameters<JobStore['list']>[0]) =>
        (await store.jobs.list(query)).map(({ id }) => id);
      expect(await ids({ limit: 10 })).toEqual(['c', 'b', 'a']);
      expect(await ids({ limit: 2 })).toEqual(['c', 'b']);
      expect(await ids({ state: 'queued', limit: 10 })).toEqual(['c', 'b']);
      expect(await store.jobs.get('unknown')).toBeUndefined();
    });
  });
}
