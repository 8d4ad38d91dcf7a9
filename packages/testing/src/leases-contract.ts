import type { Leases } from '@trestle/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

export interface LeasesUnderTest {
  readonly leases: Leases;
  close(): Promise<void>;
}

const MINUTE_MS = 60_000;

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
      expect(await store.leases.acquire('turn', 'a', MINUTE_MS)).toBe(true);
      expect(await store.leases.acquire('turn', 'b', MINUTE_MS)).toBe(false);
      expect(await store.leases.acquire('turn', 'a', MINUTE_MS)).toBe(true);
      expect(await store.leases.acquire('other', 'b', MINUTE_MS)).toBe(true);
    });

    it('gives it to one of many who ask at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => store.leases.acquire('turn', `holder-${n}`, MINUTE_MS)),
      );
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    it('passes on when it is released, by its holder only', async () => {
      await store.leases.acquire('turn', 'a', MINUTE_MS);
      await store.leases.release('turn', 'b');
      expect(await store.leases.acquire('turn', 'b', MINUTE_MS)).toBe(false);
      await store.leases.release('turn', 'a');
      expect(await store.leases.acquire('turn', 'b', MINUTE_MS)).toBe(true);
    });

    it('passes on when it runs out', async () => {
      await store.leases.acquire('turn', 'a', 20);
      await new Promise((resolve) => setTimeout(resolve, 40));
      expect(await store.leases.acquire('turn', 'b', MINUTE_MS)).toBe(true);
      expect(await store.leases.acquire('turn', 'a', MINUTE_MS)).toBe(false);
    });

    it('lasts longer when its holder asks in time', async () => {
      await store.leases.acquire('turn', 'a', 60);
      await new Promise((resolve) => setTimeout(resolve, 40));
      expect(await store.leases.acquire('turn', 'a', MINUTE_MS)).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 40));
      expect(await store.leases.acquire('turn', 'b', MINUTE_MS)).toBe(false);
    });
  });
}
