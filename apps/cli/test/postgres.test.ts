import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Host } from '@trestle/kernel';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openProject } from '../src/open-project.ts';

const { TRESTLE_TEST_POSTGRES: url } = process.env;
const why = url === undefined ? ' (not run: no database that lets us in, in TRESTLE_TEST_POSTGRES)' : '';
const schema = `trestle_test_${randomUUID().slice(0, 8)}`;

/** 200 flats, whose rent follows from their size. */
const csv = `size,rent\n${Array.from({ length: 200 }, (_, n) => `${n % 50},${(n % 50) * 30 + (n % 7)}`).join('\n')}\n`;

describe.skipIf(url === undefined)(`a project on Postgres${why}`, { timeout: 120_000 }, () => {
  let dir: string;
  let host: Host;
  // biome-ignore lint/suspicious/noExplicitAny: what is looked at is what a caller sees, whatever its type says
  const call = async (operation: string, input: unknown = {}): Promise<any> =>
    await host.runById(operation, input, { surface: 'cli' });
  /** Opens it on Postgres, in a schema, or without one on SQLite. */
  const reopen = async (there?: string): Promise<void> => {
    await host?.close();
    vi.stubEnv('TRESTLE_STORE', there === undefined ? undefined : url);
    vi.stubEnv('TRESTLE_POSTGRES__SCHEMA', there);
    host = await openProject(dir);
  };
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-postgres-'));
    vi.stubEnv('TRESTLE_STORE__RESERVE_BYTES', '0');
    await writeFile(join(dir, 'trestle.config.json'), '{}');
    await writeFile(join(dir, 'flats.csv'), csv);
    await reopen(schema);
  }, 120_000);
  afterAll(async () => {
    await host?.close();
    vi.unstubAllEnvs();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`DROP SCHEMA IF EXISTS "${schema}", "${schema}_b", "${schema}_c" CASCADE`);
    await client.end();
    await rm(dir, { recursive: true, force: true });
  });

  it('goes the whole line, from rows to a prediction that is traced, with a whole log', async () => {
    const path = join(dir, 'flats.csv');
    expect(await call('data.add', { path, name: 'flats' })).toMatchObject({ version: 1, rows: 200 });
    const asked = { data: 'flats', target: 'rent', estimator: 'linear', register: 'flats' };
    const trained = await call('train', asked);
    expect(trained.model).toMatchObject({ name: 'flats', version: 1 });
    await call('model.promote', { name: 'flats', version: 1, alias: 'production' });
    expect(await call('deploy', { model: 'flats@production', name: 'flats' })).toMatchObject({ revision: 1 });
    expect((await call('predict', { model: 'flats', input: path })).rows).toBe(200);
    expect((await call('monitor.status')).deployments).toHaveLength(1);
    expect((await call('run.show', { run: trained.run })).run).toBe(trained.run);
    const { nodes } = await call('trace', { ref: 'deployment:flats@1' });
    expect(nodes.map(({ kind }: { kind: string }) => kind)).toEqual(
      expect.arrayContaining(['deployment', 'model', 'run', 'dataset', 'file']),
    );
    expect(await call('audit.verify')).toMatchObject({ ok: true });
    const { store, plugins } = await call('doctor');
    expect(store).toMatchObject({ ok: true, engine: expect.stringContaining('PostgreSQL') });
    expect(plugins.find(({ name }: { name: string }) => name === 'store-postgres').replaces).toEqual([
      'store.database of store',
    ]);
  });

  it('moves to SQLite with all it has, proved, and back to an empty schema only', async () => {
    const { head } = await call('audit.verify');
    const moved = await call('store.migrate', { from: 'postgres', to: 'sqlite' });
    expect(moved).toMatchObject({ checked: true, head, blobs: expect.any(Number) });
    expect(moved.rows).toBeGreaterThan(20);
    await expect(call('store.migrate', { from: 'sqlite', to: 'postgres' })).rejects.toMatchObject({
      code: 'TRS_STORE_NOT_EMPTY',
    });
    await reopen();
    expect((await call('doctor')).store.engine).toContain('SQLite');
    expect((await call('audit.log', { limit: 1 })).events[0]).toBeDefined();
    expect(await call('audit.verify', { head })).toMatchObject({ ok: true });
    expect((await call('deployment.list')).deployments).toHaveLength(1);
    // Numbers go on behind those that came along.
    await call('model.promote', { name: 'flats', version: 1, alias: 'staging' });

    const { head: end } = await call('audit.verify');
    await reopen(`${schema}_b`);
    const back = await call('store.migrate', { from: 'sqlite', to: 'postgres' });
    expect(back.rows).toBeGreaterThan(moved.rows);
    expect(back.head).toBe(end);
    expect(await call('audit.verify', { head })).toMatchObject({ ok: true });
    await call('model.promote', { name: 'flats', version: 1, alias: 'third' });
    expect((await call('audit.verify', { head: end })).ok).toBe(true);
  });

  it('is backed up while it is written to, and comes back on SQLite and on Postgres', async () => {
    const folder = join(dir, 'backups');
    let isOver = false;
    const writing = (async () => {
      for (let n = 0; !isOver; n++)
        await call('model.promote', { name: 'flats', version: 1, alias: `a${n}` });
    })();
    const made = await call('backup', { dir: folder }).finally(() => {
      isOver = true;
    });
    await writing;
    const project = dir;
    for (const there of [undefined, `${schema}_c`]) {
      dir = await mkdtemp(join(tmpdir(), 'trestle-restored-'));
      await writeFile(join(dir, 'trestle.config.json'), '{}');
      await reopen(there);
      expect(await call('restore', { dir: folder })).toMatchObject({ head: made.head, blobs: made.blobs });
      expect(await call('audit.verify', { head: made.head })).toMatchObject({ ok: true });
      const path = join(project, 'flats.csv');
      expect((await call('predict', { model: 'flats', input: path })).rows).toBe(200);
      // Numbers go on behind those that came along.
      await call('model.promote', { name: 'flats', version: 1, alias: 'again' });
      await host.close();
      await rm(dir, { recursive: true, force: true });
    }
    dir = project;
    await reopen(schema);
  });

  it('names its address by TRESTLE_STORE, which is refused when it is none, and not shown', async () => {
    vi.stubEnv('TRESTLE_STORE', 'canary-7f3a9');
    await expect(openProject(dir)).rejects.toMatchObject({
      code: 'TRS_CLI_STORE',
      message: expect.not.stringContaining('canary'),
    });
  });
});
