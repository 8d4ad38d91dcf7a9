import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { transactor } from './transactor.ts';

it('the log does not grow with what is written: a thread moves it into the database', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-log-'));
  const file = join(dir, 'metadata.sqlite');
  const warnings: unknown[] = [];
  const { transact, close } = transactor({
    file,
    lockWaitMs: 10_000,
    log: { debug: () => {}, info: () => {}, warn: (...all) => warnings.push(all) },
    reserve: { release: async () => false, admitData: async () => {} },
  });
  try {
    await transact('data', async (db) => {
      await sql`CREATE TABLE t (x BLOB)`.execute(db);
    });
    let largest = 0;
    for (let n = 0; n < 150; n++) {
      await transact('data', async (db) => {
        await sql`INSERT INTO t VALUES (randomblob(400000))`.execute(db);
      });
      largest = Math.max(largest, (await stat(`${file}-wal`)).size);
      // As between the writes of a server.
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    // 60 MB were written, and SQLite itself would begin at 64.
    expect(largest).toBeLessThan(48 * 2 ** 20);
    expect((await stat(file)).size).toBeGreaterThan(8 * 2 ** 20);
    expect(warnings).toEqual([]);
  } finally {
    await close();
    await rm(dir, { recursive: true });
  }
});
