import type { Journal } from '@trestle/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

export interface JournalUnderTest {
  readonly journal: Journal;
  close(): Promise<void>;
}

const actor = { principal: { id: 'local:ada' }, requestId: 'request-1', operation: 'test.change' };
const event = (n: number) => ({
  type: n % 2 ? 'odd.made' : 'even.made',
  subject: `thing:${n}`,
  payload: { n },
});

/** What every event log must do. Call it inside a vitest file. */
export function journalContract(name: string, open: () => Promise<JournalUnderTest>): void {
  describe(`${name}: journal contract`, () => {
    let store: JournalUnderTest;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(async () => {
      await store.close();
    });

    it('gives an event a place, an id, a time, an actor and a hash', async () => {
      const appended = await store.journal.append(actor, event(1));
      expect(appended).toMatchObject({
        seq: 1,
        actor: 'local:ada',
        operation: 'test.change',
        requestId: 'request-1',
      });
      expect(appended.hash).toMatch(/^[0-9a-f]{64}$/);
      expect(Math.abs(Date.parse(appended.time) - Date.now())).toBeLessThan(60_000);
      expect(await store.journal.read({})).toEqual([appended]);
    });

    it('gives a payload back as JSON holds it, whatever its order', async () => {
      const payload = { b: [1, 'ä\u2028', null], a: { nan: Number.NaN, gone: undefined, when: new Date(0) } };
      await store.journal.append(actor, { ...event(1), payload });
      expect((await store.journal.read({}))[0]?.payload).toEqual(JSON.parse(JSON.stringify(payload)));
      expect(await store.journal.verify()).toMatchObject({ ok: true });
    });

    it('numbers events without holes when they are appended at once', async () => {
      await Promise.all(Array.from({ length: 40 }, (_, n) => store.journal.append(actor, event(n))));
      const seqs = (await store.journal.read({ limit: 100 })).map(({ seq }) => seq);
      expect(seqs).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    });

    it('binds every event to the one before it', async () => {
      for (const n of [1, 2, 3]) await store.journal.append(actor, event(n));
      const last = (await store.journal.read({ newest: true, limit: 1 }))[0];
      const told: string[] = [];
      const verdict = await store.journal.verify((hash) => told.push(hash));
      expect(verdict).toEqual({ ok: true, events: 3, head: last?.hash });
      expect(told).toEqual((await store.journal.read({})).map(({ hash }) => hash));
    });

    it('is whole when it is empty', async () => {
      expect(await store.journal.verify()).toEqual({ ok: true, events: 0, head: '0'.repeat(64) });
    });

    it('is read by type, subject and place, from either end', async () => {
      for (const n of [1, 2, 3, 4]) await store.journal.append(actor, event(n));
      const seqs = async (query: Parameters<Journal['read']>[0]) =>
        (await store.journal.read(query)).map(({ seq }) => seq);
      expect(await seqs({ after: 2 })).toEqual([3, 4]);
      expect(await seqs({ after: 1, limit: 2 })).toEqual([2, 3]);
      expect(await seqs({ types: ['odd.made'] })).toEqual([1, 3]);
      expect(await seqs({ types: ['odd.made', 'even.made'], newest: true, limit: 3 })).toEqual([4, 3, 2]);
      expect(await seqs({ subject: 'thing:2' })).toEqual([2]);
      expect(await seqs({ types: [] })).toEqual([]);
    });

    it('remembers how far each subscriber has come', async () => {
      expect(await store.journal.cursor('a')).toBe(0);
      await store.journal.setCursor('a', 2);
      await store.journal.setCursor('a', 3);
      await store.journal.setCursor('b', 1);
      expect(await store.journal.cursor('a')).toBe(3);
      expect(await store.journal.cursor('b')).toBe(1);
    });
  });
}
