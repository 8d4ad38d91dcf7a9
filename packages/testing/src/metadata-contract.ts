import { type Actor, defineEvent, type Journal, newEvent, systemPrincipal } from '@trestle/kernel';
import type { Lineage, Metadata } from '@trestle/store';
import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

export interface MetadataUnderTest {
  readonly metadata: Metadata;
  readonly journal: Journal;
  readonly lineage: Lineage;
  /** The same store, as another process has it. */
  another(): Promise<Omit<MetadataUnderTest, 'another' | 'close'>>;
  close(): Promise<void>;
}

const actor: Actor = { principal: systemPrincipal, requestId: 'request-1', operation: 'test.change' };
const thingChanged = defineEvent('thing.changed', z.object({ n: z.number(), deep: z.unknown() }));
const event = (n: number) => [thingChanged, `thing:${n}`, { n, deep: { b: [1, 'ä'], a: null } }] as const;

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
        await change.record(...event(1));
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
        await change.record(...event(1));
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
          store.metadata.change(actor, (change) => change.record(...event(n))),
        ),
      );
      const events = await store.journal.read({ limit: 100 });
      expect(events.map((entry) => entry.seq)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
      expect(await store.journal.verify()).toMatchObject({ ok: true, events: 50 });
    });

    it.each(['change', 'write'] as const)(
      'loses no %s of two processes that read what the other is about to change',
      async (how) => {
        interface Tables {
          cursors: { subscriber: string; seq: number };
        }
        const stores = [store, await store.another()];
        const row = { subscriber: 'counter', seq: 0 };
        await store.metadata.write<Tables, unknown>((db) => db.insertInto('cursors').values(row).execute());
        const add = async (db: Kysely<Tables>): Promise<void> => {
          const { seq } = await db.selectFrom('cursors').select('seq').executeTakeFirstOrThrow();
          await db
            .updateTable('cursors')
            .set({ seq: seq + 1 })
            .execute();
        };
        const count = async (metadata: Metadata): Promise<void> => {
          for (let n = 0; n < 15; n++)
            await (how === 'write'
              ? metadata.write<Tables, void>(add)
              : metadata.change<Tables, void>(actor, async (change) => {
                  await add(change.db);
                  await change.record(...event(n));
                }));
        };
        await Promise.all([...stores, ...stores].map(({ metadata }) => count(metadata)));
        expect(await store.metadata.query<Tables>().selectFrom('cursors').selectAll().execute()).toEqual([
          { subscriber: 'counter', seq: 60 },
        ]);
        expect(await store.journal.verify()).toMatchObject({ ok: true, events: how === 'write' ? 0 : 60 });
      },
    );

    it('sees what another process has changed as soon as that process knows it, and tells of its place', async () => {
      const other = await store.another();
      const before = store.metadata.changes();
      const change = async () => await other.metadata.change(actor, (it) => it.record(...event(1)));
      const { seq } = await change();
      expect(await store.journal.read({})).toMatchObject([{ seq }]);
      // At first it may not be told yet.
      for (const { metadata } of [store, other])
        await expect.poll(() => metadata.changes(), { timeout: 1_000, interval: 10 }).toBe(seq);
      expect(before).not.toBe(seq);
      await change();
      expect(other.metadata.changes()).toBe(seq + 1);
      await expect.poll(() => store.metadata.changes(), { timeout: 1_000, interval: 10 }).toBe(seq + 1);
    });

    it('tells the time, one for all processes, in whole milliseconds and as a text', async () => {
      const { clock } = (await store.another()).metadata;
      const { ms, iso } = await store.metadata
        .query<unknown>()
        .selectNoFrom([clock.ms.as('ms'), clock.iso.as('iso')])
        .executeTakeFirstOrThrow();
      expect(Number.isInteger(ms)).toBe(true);
      expect(iso).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(Math.abs(Date.parse(iso) - ms)).toBeLessThan(1_000);
    });

    it('does not show a change that is still in progress', async () => {
      await store.metadata.change(actor, async (change) => {
        await change.record(...event(1));
        expect(await store.journal.read({})).toEqual([]);
      });
      expect(await store.journal.read({})).toHaveLength(1);
    });

    it('adds an edge twice as once', async () => {
      const link = () =>
        store.metadata.change(actor, (change) => change.link({ from: 'a', to: 'b', kind: 'c' }));
      await link();
      await link();
      expect(await store.lineage.into('b')).toHaveLength(1);
    });

    it('refuses a change inside a change, which would wait for its own end', async () => {
      const inner = () => store.metadata.change(actor, (change) => change.record(...event(2)));
      const outer = store.metadata.change(actor, async (change) => {
        await change.record(...event(1));
        await inner();
      });
      await expect(outer).rejects.toMatchObject({ code: 'TRS_STORE_NESTED_CHANGE' });
      const appending = store.metadata.change(actor, () =>
        store.journal.append(actor, newEvent(...event(3))),
      );
      await expect(appending).rejects.toMatchObject({ code: 'TRS_STORE_NESTED_CHANGE' });
      expect(await store.journal.read({})).toEqual([]);
      await inner();
      expect(await store.journal.read({})).toHaveLength(1);
    });

    it('reads with query, and does not write with it', async () => {
      const db = store.metadata.query<{ cursors: { subscriber: string; seq: number } }>();
      await expect(
        db.insertInto('cursors').values({ subscriber: 'x', seq: 1 }).execute(),
      ).rejects.toMatchObject({
        code: 'TRS_STORE_READ_ONLY',
      });
      await store.metadata.write<{ cursors: { subscriber: string; seq: number } }, void>(async (write) => {
        await write.insertInto('cursors').values({ subscriber: 'x', seq: 1 }).execute();
      });
      expect(await db.selectFrom('cursors').selectAll().execute()).toEqual([{ subscriber: 'x', seq: 1 }]);
    });

    it('tells whoever watches the log of what is appended, until they have seen enough', async () => {
      let told = 0;
      const stop = store.journal.watch(() => {
        told += 1;
      });
      for (const n of [1, 2]) {
        const before = told;
        await store.metadata.change(actor, (change) => change.record(...event(n)));
        await expect.poll(() => told).toBeGreaterThan(before);
      }
      stop();
      const before = told;
      await store.journal.append(actor, newEvent(...event(3)));
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(told).toBe(before);
    });

    it('streams rows while others read and write', async () => {
      for (let n = 1; n <= 10; n++) await store.journal.append(actor, newEvent(...event(n)));
      const db = store.metadata.query<{ events: { seq: number } }>();
      const seen: number[] = [];
      for await (const row of db.selectFrom('events').select('seq').orderBy('seq').stream(3)) {
        seen.push(row.seq);
        await store.journal.append(actor, newEvent(...event(100 + row.seq)));
        expect(await store.journal.read({ limit: 100 })).toHaveLength(10 + seen.length);
      }
      expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });
  });
}
