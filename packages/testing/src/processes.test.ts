import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  contribute,
  type Journal,
  jobStoreToken,
  journalToken,
  type LogEvent,
  plugin,
  systemPrincipal,
} from '@trestle/kernel';
import { blobsToken, lineageToken, metadataToken, migrations } from '@trestle/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TemporaryProject, temporaryProject } from './temporary-project.ts';

const CHILD = fileURLToPath(new URL('./store-process.test.child.ts', import.meta.url));

interface Child {
  readonly process: ChildProcess;
  /** What the child has said: what it was told is durable. */
  readonly said: string[];
  /** Waits for it to say so many lines; fails when it ends before that. */
  heard(lines: number): Promise<void>;
  /** Ends it as a power cut would end the process: no handler runs. */
  kill(): Promise<void>;
}

function start(dir: string, what: string, count: number, name: string): Child {
  const child = spawn(process.execPath, [CHILD, dir, what, String(count), name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout });
  const hearing = new AbortController();
  lines.on('line', (line) => said.push(line));
  child.on('close', () => hearing.abort());
  return {
    process: child,
    said,
    async heard(count) {
      while (said.length < count) {
        await once(lines, 'line', { signal: hearing.signal }).catch(() => {
          throw new Error(
            `Child ${name} ended with ${child.exitCode} after ${said.length} lines of ${count}.`,
          );
        });
      }
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** All of them, page by page: one page ends where a fast machine has long written on. */
async function eventsAfter(journal: Journal, after: number): Promise<readonly LogEvent[]> {
  const page = await journal.read({ after, limit: 10_000 });
  const last = page.at(-1);
  return last === undefined ? [] : [...page, ...(await eventsAfter(journal, last.seq))];
}

// A dozen processes, each of which loads the store: a busy machine takes half a minute for what a quiet one does in five
// seconds, and the default of five is what holds when the package's tests are run alone.
describe('the embedded store, with several processes', { timeout: 120_000 }, () => {
  let project: TemporaryProject;
  beforeEach(async () => {
    project = await temporaryProject();
  });
  afterEach(() => project.remove());

  it('is made once when they all begin at the same moment, and loses no change of any', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const children = names.map((name) => start(project.dir, 'change', 100, name));
    const codes = await Promise.all(children.map(async (child) => (await once(child.process, 'close'))[0]));
    expect(codes).toEqual([0, 0, 0, 0]);
    const journal = await (await project.open()).service(journalToken);
    expect(await journal.verify()).toMatchObject({ ok: true, events: 400 });
    const subjects = new Set((await journal.read({ limit: 1_000 })).map(({ subject }) => subject));
    for (const name of names) for (let n = 0; n < 100; n++) expect(subjects).toContain(`thing:${name}-${n}`);
  });

  it('keeps every acknowledged change, whole, when they are killed in the middle', async () => {
    let acknowledged = 0;
    let before = 0;
    for (let round = 0; round < 6; round++) {
      const children = ['a', 'b'].map((name) => start(project.dir, 'change', 100_000, `${name}${round}`));
      await Promise.all(children.map((child) => child.heard(5 + round * 7)));
      await Promise.all(children.map((child) => child.kill()));
      const host = await project.open();
      const journal = await host.service(journalToken);
      const verdict = await journal.verify();
      expect(verdict).toMatchObject({ ok: true });
      for (const seq of children.flatMap((child) => child.said.map(Number))) {
        expect(seq).toBeLessThanOrEqual(verdict.events);
        acknowledged++;
      }
      // Each change is one event and one edge: were half of one there, the numbers would differ.
      const lineage = await host.service(lineageToken);
      const events = await eventsAfter(journal, before);
      before = verdict.events;
      for (const name of [`a${round}`, `b${round}`]) {
        const own = events.filter(({ subject }) => subject.startsWith(`thing:${name}-`));
        expect(await lineage.outOf(`run:${name}`)).toHaveLength(own.length);
      }
      await host.close();
    }
    expect(acknowledged).toBeGreaterThan(100);
  });

  it('keeps every acknowledged blob, and never half of one, when they are killed in the middle', async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 4; round++) {
      const child = start(project.dir, 'put', 100_000, 'a');
      await child.heard(3 + round);
      await child.kill();
      acknowledged.push(...child.said);
    }
    const blobs = await (await project.open()).service(blobsToken);
    expect(acknowledged.length).toBeGreaterThan(15);
    for (const digest of acknowledged) expect((await blobs.read(digest)).byteLength).toBe(12 * 2 ** 17);
    const root = join(project.dir, '.trestle', 'blobs');
    for (const folder of (await readdir(root)).filter((name) => name !== 'tmp')) {
      for (const rest of await readdir(join(root, folder))) await blobs.localPath(folder + rest);
    }
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });

  it('goes on with the schema where a killed process left it', async () => {
    const child = start(project.dir, 'migrate', 0, 'a');
    await child.heard(1);
    await child.kill();
    const table = (name: string, what: string) =>
      contribute(migrations, {
        name,
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
    const steps = await metadata
      .query<{ schema_migrations: { name: string } }>()
      .selectFrom('schema_migrations')
      .select('name')
      .where('name', 'like', 'thing-%')
      .orderBy('name')
      .execute();
    expect(steps.map(({ name }) => name)).toEqual(['thing-0001-made', 'thing-0002-more']);
    const rows = metadata.query<{ thing_two: { id: number } }>().selectFrom('thing_two').selectAll();
    expect(await rows.execute()).toEqual([]);
  });

  it('hands the job of a killed worker to another', async () => {
    const jobs = await (await project.open()).service(jobStoreToken);
    const job = { id: 'job', operation: 'x', input: {}, principal: systemPrincipal };
    await jobs.enqueue(job);
    const child = start(project.dir, 'claim', 0, 'worker-1');
    await child.heard(1);
    expect(child.said).toEqual(['job']);
    await child.kill();
    await expect
      .poll(() => jobs.claim('worker-2', 60_000, 3), { timeout: 5_000 })
      .toMatchObject({ id: 'job', attempts: 2 });
  });
});
