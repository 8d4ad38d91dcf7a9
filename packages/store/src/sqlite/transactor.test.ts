import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Transactor, transactor } from './transactor.ts';

const log = { debug: () => {}, info: () => {}, warn: () => {} };

/** An error as node:sqlite raises it. */
const sqliteError = (errcode: number) =>
  Object.assign(new Error('disk'), { code: 'ERR_SQLITE_ERROR', errcode });
const IOERR_FSYNC = 1034;
const FULL = 13;

describe('the line of writers', () => {
  let dir: string;
  let line: Transactor;
  let reserves: number;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-line-'));
    reserves = 1;
    line = transactor({
      file: join(dir, 'metadata.sqlite'),
      lockWaitMs: 1_000,
      log,
      reserve: { release: async () => reserves-- > 0, admitData: async () => {} },
    });
    await line.transact('data', async (db) => {
      await sql`CREATE TABLE t (n INTEGER)`.execute(db);
    });
  });
  afterEach(async () => {
    await line.close();
    await rm(dir, { recursive: true });
  });
  const insert = (n: number) =>
    line.transact(
      'state',
      async (db) => (await sql`INSERT INTO t VALUES (${n})`.execute(db)).numAffectedRows,
    );
  const rows = () =>
    line.transact('data', async (db) => (await sql<{ n: number }>`SELECT n FROM t`.execute(db)).rows);

  it('writes no more once the disk did not confirm a write', async () => {
    expect(await insert(1)).toBe(1n);
    const failing = line.transact('data', async () => {
      throw sqliteError(IOERR_FSYNC);
    });
    await expect(failing).rejects.toMatchObject({ code: 'TRS_STORE_SYNC_FAILED' });
    await expect(insert(2)).rejects.toMatchObject({ code: 'TRS_STORE_SYNC_FAILED' });
  });

  it('begins a change again with the reserve, once, and leaves nothing of the first attempt', async () => {
    let attempts = 0;
    await line.transact('state', async (db) => {
      attempts++;
      await sql`INSERT INTO t VALUES (7)`.execute(db);
      if (attempts === 1) throw sqliteError(FULL);
    });
    expect(attempts).toBe(2);
    expect(await rows()).toEqual([{ n: 7 }]);
    const second = line.transact('state', async () => {
      throw sqliteError(FULL);
    });
    await expect(second).rejects.toMatchObject({ code: 'TRS_STORE_FULL' });
  });

  it('does not give the reserve to data', async () => {
    const data = line.transact('data', async () => {
      throw sqliteError(FULL);
    });
    await expect(data).rejects.toMatchObject({ code: 'TRS_STORE_FULL' });
    expect(reserves).toBe(1);
  });

  it('closes behind what is in line', async () => {
    const writing = Promise.all([1, 2, 3].map(insert));
    await line.close();
    await expect(writing).resolves.toEqual([1n, 1n, 1n]);
  });
});
