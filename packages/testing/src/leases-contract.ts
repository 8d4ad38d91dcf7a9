import type { LeaseHold, Leases } from '@trestle/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

export interface LeasesUnderTest {
  readonly leases: Leases;
  /** The same leases, as another process has them. */
  another(): Promise<Pick<LeasesUnderTest, 'leases'>>;
  close(): Promise<void>;
}

const MINUTE_MS = 60_000;

async function held(acquired: Promise<LeaseHold | undefined>): Promise<LeaseHold> {
  const hold = await acquired;
  if (hold === undefined) throw new Error('The lease was not given.');
  return hold;
}

/** What every lease store must do. Call it inside a vitest file. */
export function leasesContract(name: string, open: () => Promise<LeasesUnderTest>): void {
  describe(`${name}: leases contract`, () => {
    let store: LeasesUnderTest;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(async () => {
      await store.close();
    });

    it('gives a lease to one holder at a time, who may ask again', async () => {
      const hold = await store.leases.acquire('turn', 'a', MINUTE_MS);
      expect(hold).toEqual({ lease: 'turn', generation: expect.any(Number) });
      expect(await store.leases.acquire('turn', 'b', MINUTE_MS)).toBeUndefined();
      expect(await store.leases.acquire('turn', 'a', MINUTE_MS)).toEqual(hold);
      expect(await store.leases.acquire('other', 'b', MINUTE_MS)).toBeDefined();
    });

    it('gives it to one of many who ask at once', async () => {
      const stores = [store.leases, (await store.another()).leases];
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => stores[n % 2]?.acquire('turn', `holder-${n}`, MINUTE_MS)),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    it('passes on when it is released, by its holder only', async () => {
      const first = await held(store.leases.acquire('turn', 'a', MINUTE_MS));
      await store.leases.release({ ...first, generation: first.generation + 1 });
      expect(await store.leases.acquire('turn', 'b', MINUTE_MS)).toBeUndefined();
      await store.leases.release(first);
      const second = await held(store.leases.acquire('turn', 'b', MINUTE_MS));
      expect(second.generation).toBeGreaterThan(first.generation);
      // A hold that has ended ends no other.
      await store.leases.release(first);
      expect(await store.leases.acquire('turn', 'c', MINUTE_MS)).toBeUndefined();
      await store.leases.release(second);
      expect((await held(store.leases.acquire('turn', 'a', MINUTE_MS))).generation).toBeGreaterThan(
        second.generation,
      );
    });

    it('passes on when it runs out', async () => {
      const first = await held(store.leases.acquire('turn', 'a', 20));
      await new Promise((resolve) => setTimeout(resolve, 40));
      const second = await held(store.leases.acquire('turn', 'b', MINUTE_MS));
      expect(second.generation).toBeGreaterThan(first.generation);
      expect(await store.leases.acquire('turn', 'a', MINUTE_MS)).toBeUndefined();
    });

    it('lasts longer when its holder asks in time', async () => {
      await store.leases.acquire('turn', 'a', 60);
      await new Promise((resolve) => setTimeout(resolve, 40));
      expect(await store.leases.acquire('turn', 'a', MINUTE_MS)).toBeDefined();
      await new Promise((resolve) => setTimeout(resolve, 40));
      expect(await store.leases.acquire('turn', 'b', MINUTE_MS)).toBeUndefined();
    });
  });
}
