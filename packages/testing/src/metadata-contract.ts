import { type Actor, type Journal, systemPrincipal } from '@trestle/kernel';
import type { Lineage, Metadata } from '@trestle/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

export interface MetadataUnderTest {
  readonly metadata: Metadata;
  readonly journal: Journal;
  readonly lineage: Lineage;
  close(): Promise<void>;
}

const actor: Actor = { principal: systemPrincipal, requestId: 'request-1', operation: 'test.change' };
const event = (n: number) => ({
  type: 'thing.changed',
  subject: `thing:${n}`,
  payload: { n, deep: { b: [1, 'ä'], a: null } },
});

/** What every metadata store must do. Call it inside a vitest file. */
export function metadataContract(name: string, open: () => Promise<MetadataUnderTest>): void {
  describe(`${name}: metadata contract`, () => {
    let store: MetadataUnderTest;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(async () => {
      await store.close();
    });

    it('makes a change, its event and its lineage durable together', async () => {
      await store.metadata.change(actor, async (change) => {
        await change.record(event(1));
        await change.link({ from: 'dataset:a@1', to: 'run:r', kind: 'trained' });
      });
      expect(await store.journal.read({})).toMatchObject([
        { seq: 1, type: 'thing.changed', actor: 'system', requestId: 'request-1' },
      ]);
      expect(await store.lineage.into('run:r')).toMatchObject([{ from: 'dataset:a@1', kind: 'trained' }]);
      expect(await store.lineage.outOf('dataset:a@1')).toHaveLength(1);
    });

    it('leaves nothing behind when a change fails half-way', async () => {
      const failing = store.metadata.change(actor, async (change) => {
        await change.record(event(1));
        await change.link({ from: 'a', to: 'b', kind: 'c' });
        throw new Error('half-way');
      });
      await expect(failing).rejects.toThrow('half-way');
      expect(await store.journal.read({})).toEqual([]);
      expect(await store.lineage.into('b')).toEqual([]);
    });

    it('puts changes made at once one behind the other', async () => {
      await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          store.metadata.change(actor, (change) => change.record(event(n))),
        ),
      );
      const events = await store.journal.read({ limit: 100 });
      expect(events.map((entry) => entry.seq)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
      expect(await store.journal.verify()).toMatchObject({ ok: true, events: 50 });
    });

    it('does not show a change that is still in progress', async () => {
      await store.metadata.change(actor, async (change) => {
        await change.record(event(1));
        expect(await store.journal.read({})).toEqual([]);
      });
      expect(await store.journal.read({})).toHaveLength(1);
    });

    it('filters events by type, subject and place, and remembers cursors', async () => {
      for (const n of [1, 2, 3]) await store.journal.append(actor, event(n));
      expect(await store.journal.read({ after: 1 })).toHaveLength(2);
      expect(await store.journal.read({ subject: 'thing:2' })).toHaveLength(1);
      expect(await store.journal.read({ types: ['other'] })).toEqual([]);
      expect((await store.journal.read({ newest: true, limit: 1 }))[0]?.seq).toBe(3);
      expect(await store.journal.cursor('reader')).toBe(0);
      await store.journal.setCursor('reader', 2);
      await store.journal.setCursor('reader', 3);
      expect(await store.journal.cursor('reader')).toBe(3);
    });

    it('adds an edge twice as once', async () => {
      const link = () =>
        store.metadata.change(actor, (change) => change.link({ from: 'a', to: 'b', kind: 'c' }));
      await link();
      await link();
      expect(await store.lineage.into('b')).toHaveLength(1);
    });
  });
}
