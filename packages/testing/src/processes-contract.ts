import {
  contribute,
  type Journal,
  jobStoreToken,
  journalToken,
  type LogEvent,
  plugin,
  systemPrincipal,
} from '@trestle/kernel';
import { blobsToken, lineageToken, metadataToken, migrations, storeCheckToken } from '@trestle/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StoreProcess, storeProcess } from './store-process.ts';
import type { TemporaryProject } from './temporary-project.ts';

const EACH = 60;

/** All of them, page by page: one page ends where a fast machine has long written on. */
async function eventsAfter(journal: Journal, after: number): Promise<readonly LogEvent[]> {
  const page = await journal.read({ after, limit: 10_000 });
  const last = page.at(-1);
  return last === undefined ? [] : [...page, ...(await eventsAfter(journal, last.seq))];
}

/** What a store keeps when several processes use it, and some are killed. Call it inside a vitest file. */
export function processesContract(name: string, make: () => Promise<TemporaryProject>): void {
  // A dozen processes, each of which loads the store: a busy machine takes half a minute for what a quiet one does in five
  // seconds, and the default of five is what holds when the package's tests are run alone.
  describe(`${name}: processes contract`, { timeout: 120_000 }, () => {
    let project: TemporaryProject;
    let children: StoreProcess[];
    beforeEach(async () => {
      project = await make();
      children = [];
    });
    afterEach(async () => {
      for (const child of children) await child.kill();
      await project.remove();
    });
    const start = async (...names: string[]): Promise<readonly StoreProcess[]> => {
      const started = await Promise.all(names.map((each) => storeProcess(project, each)));
      children.push(...started);
      return started;
    };

    it('is made once when they all begin at the same moment, and loses no change of any', async () => {
      const names = ['a', 'b', 'c', 'd'];
      await Promise.all((await start(...names)).map((child) => child.ask(`append ${EACH}`)));
      const journal = await (await project.open()).service(journalToken);
      expect(await journal.verify()).toMatchObject({ ok: true, events: names.length * EACH });
      for (const each of names)
        expect(await journal.read({ subject: `thing:${each}`, limit: 1_000 })).toHaveLength(EACH);
    });

    it('keeps every acknowledged change, whole, when they are killed in the middle', async () => {
      let acknowledged = 0;
      let before = 0;
      for (let round = 0; round < 4; round++) {
        const names = [`a${round}`, `b${round}`];
        const writers = await start(...names);
        for (const child of writers) child.tell('change');
        await Promise.all(writers.map((child) => child.heard(5 + round * 11)));
        await Promise.all(writers.map((child) => child.kill()));
        const host = await project.open();
        const journal = await host.service(journalToken);
        const verdict = await journal.verify();
        expect(verdict).toMatchObject({ ok: true });
        for (const seq of writers.flatMap((child) => child.said.map(Number))) {
          expect(seq).toBeLessThanOrEqual(verdict.events);
          acknowledged++;
        }
        // Each change is one event and one edge: were half of one there, the numbers would differ.
        const lineage = await host.service(lineageToken);
        const events = await eventsAfter(journal, before);
        before = verdict.events;
        for (const each of names) {
          const own = events.filter(({ subject }) => subject.startsWith(`thing:${each}-`));
          expect(await lineage.outOf(`run:${each}`)).toHaveLength(own.length);
        }
        await host.close();
      }
      expect(acknowledged).toBeGreaterThan(100);
    });

    it('keeps every acknowledged blob, and never half of one, when they are killed in the middle', async () => {
      const acknowledged: unknown[] = [];
      for (let round = 0; round < 4; round++) {
        const [child] = await start('a');
        child?.tell('put');
        await child?.heard(3 + round);
        await child?.kill();
        acknowledged.push(...(child?.said ?? []));
      }
      const host = await project.open();
      const blobs = await host.service(blobsToken);
      expect(acknowledged.length).toBeGreaterThan(15);
      for (const digest of acknowledged)
        expect((await blobs.read(String(digest))).byteLength).toBe(12 * 2 ** 17);
      expect((await blobs.check({ deep: true })).problems).toEqual([]);
    });

    it('goes on with the schema where a killed process left it', async () => {
      const [child] = await start('a');
      child?.tell('migrate');
      await child?.heard(1);
      await child?.kill();
      const table = (step: string, what: string) =>
        contribute(migrations, {
          name: step,
          up: async (db) => {
            await db.schema.createTable(what).addColumn('id', 'integer').execute();
          },
        });
      const things = plugin({
        name: 'things',
        version: '1.0.0',
        contributions: [table('thing-0001-made', 'thing_one'), table('thing-0002-more', 'thing_two')],
      });
      const metadata = await (await project.open([things])).service(metadataToken);
      const rows = metadata.query<{ thing_two: { id: number } }>().selectFrom('thing_two').selectAll();
      expect(await rows.execute()).toEqual([]);
    });

    it('hands the job of a killed worker to another', async () => {
      const jobs = await (await project.open()).service(jobStoreToken);
      await jobs.enqueue({ id: 'job', operation: 'x', input: {}, principal: systemPrincipal });
      const [child] = await start('worker-1');
      expect(await child?.ask('claim 300')).toMatchObject({ id: 'job' });
      await child?.kill();
      await expect
        .poll(() => jobs.claim('worker-2', 60_000, 3), { timeout: 5_000 })
        .toMatchObject({ id: 'job', attempts: 2 });
    });

    it('wakes who watches the log, and tells who asks for its newest place, of what another process appended', async () => {
      const [child] = await start('a');
      const host = await project.open();
      const metadata = await host.service(metadataToken);
      const journal = await host.service(journalToken);
      const before = metadata.changes();
      let told = 0;
      const stop = journal.watch(() => told++);
      await child?.ask('append 3');
      await expect.poll(() => metadata.changes(), { timeout: 1_000, interval: 20 }).toBe(3);
      expect(before).not.toBe(3);
      await expect.poll(() => told, { timeout: 1_000, interval: 20 }).toBeGreaterThan(0);
      stop();
    });

    it('is ready, and whole', async () => {
      const store = await (await project.open()).service(storeCheckToken);
      await store.ready();
      const { metadata, blobs } = await store.check({ deep: true });
      expect(metadata).toMatchObject({
        engine: expect.any(String),
        location: expect.any(String),
        problems: [],
      });
      expect(blobs).toMatchObject({ engine: expect.any(String), location: expect.any(String), problems: [] });
    });
  });
}
