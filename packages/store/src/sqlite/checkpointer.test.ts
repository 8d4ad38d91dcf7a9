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
    for (let n = 0; n < 120; n++) {
      await transact('data', async (db) => {
        await sql`INSERT INTO t VALUES (randomblob(400000))`.execute(db);
      });
      // As between the writes of a server.
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    // Less than what SQLite would let it grow to.
    expect((await stat(`${file}-wal`)).size).toBeLessThan(32 * 2 ** 20);
    expect((await stat(file)).size).toBeGreaterThan(8 * 2 ** 20);
    expect(warnings).toEqual([]);
  } finally {
    await close();
    await rm(dir, { recursive: true });
  }
});
