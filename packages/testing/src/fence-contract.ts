import {
  type Actor,
  defineEvent,
  type Fence,
  type JobStore,
  type Journal,
  type Leases,
  newEvent,
  systemPrincipal,
} from '@trestle/kernel';
import type { Metadata } from '@trestle/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

export interface FencedStoreUnderTest {
  readonly metadata: Metadata;
  readonly journal: Journal;
  readonly jobs: JobStore;
  readonly leases: Leases;
  close(): Promise<void>;
}

const MINUTE_MS = 60_000;
/** A lease that has run out when it is given. */
const OVER_MS = -1;

const actor = (fence: Fence): Actor => ({
  principal: systemPrincipal,
  requestId: 'request-1',
  operation: 'test.change',
  fence,
});
const thingChanged = defineEvent('thing.changed', z.object({}));
const event = [thingChanged, 'thing:1', {}] as const;

/** What a store must keep from workers that come late: their changes. Call it inside a vitest file. */
export function fenceContract(name: string, open: () => Promise<FencedStoreUnderTest>): void {
  describe(`${name}: fence contract`, () => {
    let store: FencedStoreUnderTest;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(async () => {
      await store.close();
    });

    /** A job that was taken from the first of two workers. */
    const takenJob = async (): Promise<{ readonly late: Fence; readonly now: Fence }> => {
      await store.jobs.enqueue({ id: 'a', operation: 'work.do', input: {}, principal: systemPrincipal });
      const late = await store.jobs.claim('first', OVER_MS, 3);
      const now = await store.jobs.claim('second', MINUTE_MS, 3);
      return {
        late: { job: 'a', generation: late?.generation ?? -1 },
        now: { job: 'a', generation: now?.generation ?? -1 },
      };
    };
    const takenLease = async (): Promise<{ readonly late: Fence; readonly now: Fence }> => {
      const late = await store.leases.acquire('turn', 'first', OVER_MS);
      const now = await store.leases.acquire('turn', 'second', MINUTE_MS);
      if (!late || !now) throw new Error('The lease was not given.');
      return { late, now };
    };

    it.each([
      ['a job', takenJob],
      ['a lease', takenLease],
    ])('refuses what a worker changes, writes and appends after %s was taken from it', async (_, take) => {
      const { late, now } = await take();
      const { metadata, journal } = store;
      const refused = { code: 'TRS_STORE_FENCED', kind: 'interrupted' };
      let isBegun = false;
      const changing = metadata.change(actor(late), async (change) => {
        isBegun = true;
        await change.record(...event);
      });
      await expect(changing).rejects.toMatchObject(refused);
      await expect(metadata.write(async () => {}, actor(late))).rejects.toMatchObject(refused);
      await expect(journal.append(actor(late), newEvent(...event))).rejects.toMatchObject(refused);
      expect(isBegun).toBe(false);
      expect(await journal.read({})).toEqual([]);
      await metadata.change(actor(now), (change) => change.record(...event));
      expect(await journal.read({})).toHaveLength(1);
    });

    it('refuses a change for a job that is over', async () => {
      const { now } = await takenJob();
      if ('job' in now) await store.jobs.finish(now, { state: 'succeeded', output: 1 });
      const changing = store.metadata.change(actor(now), (change) => change.record(...event));
      await expect(changing).rejects.toMatchObject({ code: 'TRS_STORE_FENCED' });
    });

    it('moves the place of a subscriber for who has its lease only', async () => {
      const { late, now } = await takenLease();
      if (!('lease' in late && 'lease' in now)) throw new Error('These are leases.');
      expect(await store.journal.setCursor('a', 7, now)).toBe(true);
      expect(await store.journal.setCursor('a', 3, late)).toBe(false);
      expect(await store.journal.cursor('a')).toBe(7);
    });

    it('queues a job with a change, or not at all', async () => {
      const job = (id: string) => ({
        id,
        operation: 'work.do',
        input: {},
        principal: systemPrincipal,
        key: id,
      });
      const { now } = await takenLease();
      const failing = store.metadata.change(actor(now), async (change) => {
        await change.enqueue(job('lost'));
        throw new Error('half-way');
      });
      await expect(failing).rejects.toThrow('half-way');
      expect(await store.jobs.get('lost')).toBeUndefined();
      await store.metadata.change(actor(now), (change) => change.enqueue(job('kept')));
      expect(await store.jobs.get('kept')).toMatchObject({ state: 'queued' });
    });
  });
}
