import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noReserve } from '../fs/reserve.ts';
import type { Migration } from '../interface/metadata.ts';
import { openSqliteMetadata, type SqliteMetadata } from './sqlite-metadata.ts';

const log = { debug: () => {}, info: () => {}, warn: () => {} };

describe('migrations', () => {
  let dir: string;
  const opened: SqliteMetadata[] = [];
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-migrate-'));
  });
  afterEach(async () => {
    for (const metadata of opened.splice(0)) await metadata.close();
    await rm(dir, { recursive: true });
  });
  const open = async (migrations: readonly Migration[]) => {
    const metadata = await openSqliteMetadata({
      file: join(dir, 'metadata.sqlite'),
      lockWaitMs: 5_000,
      migrations,
      projections: [],
      log,
      reserve: noReserve,
    });
    opened.push(metadata);
    return metadata;
  };
  const step = (name: string, done: string[], fail = false): Migration => ({
    name,
    async up(db) {
      await db.schema.createTable(name.replaceAll('-', '_')).addColumn('id', 'integer').execute();
      if (fail) throw new Error('the step broke');
      done.push(name);
    },
  });

  it('are applied once, in the order of their names', async () => {
    const done: string[] = [];
    const steps = () => [step('data-0002-b', done), step('data-0001-a', done), step('alpha-0001-x', done)];
    await open(steps());
    await open(steps());
    expect(done).toEqual(['alpha-0001-x', 'data-0001-a', 'data-0002-b']);
  });

  it('leave nothing of a step that broke, and begin with it again', async () => {
    const done: string[] = [];
    await expect(open([step('data-0001-a', done), step('data-0002-b', done, true)])).rejects.toThrow(
      'the step broke',
    );
    await open([step('data-0001-a', done), step('data-0002-b', done)]);
    expect(done).toEqual(['data-0001-a', 'data-0002-b']);
  });

  it('are applied once when many open at the same moment', async () => {
    const done: string[] = [];
    await Promise.all(Array.from({ length: 8 }, () => open([step('data-0001-a', done)])));
    expect(done).toEqual(['data-0001-a']);
  });

  it('of a newer version of a plugin are not opened; of a plugin that is gone they do no harm', async () => {
    await open([step('data-0001-a', []), step('data-0002-b', []), step('gone-0001-x', [])]);
    await expect(open([step('data-0001-a', [])])).rejects.toMatchObject({
      code: 'TRS_STORE_NEWER',
      message: expect.stringContaining('data-0002-b'),
    });
    await expect(open([step('data-0001-a', []), step('data-0002-b', [])])).resolves.toBeDefined();
  });

  it.each([
    { names: ['data-0001-a', 'data-0001-a'] },
    { names: ['store-0001-log-lineage-jobs'] },
    { names: ['Data-0001-a'] },
    { names: ['data-1-a'] },
    { names: ['data'] },
  ])('with names that are taken or have no order are refused: $names', async ({ names }) => {
    const steps = names.map((name) => ({ name, up: async () => {} }));
    await expect(open(steps)).rejects.toMatchObject({ code: 'TRS_STORE_MIGRATION' });
  });
});
