import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { defineEvent } from '@trestle/kernel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type Projection, projection } from '../interface/metadata.ts';
import { type OpenStore, openStore } from './open-store.test.setup.ts';

const actor = { principal: { id: 'a', scopes: [] }, operation: 'test', requestId: 'r' };
const NOBODY = 65_534;

describe('metadata in SQLite', () => {
  let dir: string;
  let file: string;
  let opened: OpenStore[];
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-sqlite-'));
    file = join(dir, 'metadata.sqlite');
    opened = [];
  });
  afterEach(async () => {
    for (const { database } of opened) await database.close();
    await rm(dir, { recursive: true });
  });
  const open = async (projections: readonly Projection[] = []) => {
    const store = await openStore(dir, { projections, lockWaitMs: 300 });
    opened.push(store);
    return store;
  };

  it('is written through a log that is synced with every change', async () => {
    await open();
    const raw = new DatabaseSync(file);
    expect(raw.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    raw.close();
  });

  it('brings what follows from an event up to date with it, or records neither', async () => {
    const moved = defineEvent('a.moved', z.object({ to: z.string() }));
    const followed = projection([moved], async () => async (change, { subject, payload }) => {
      if (payload.to === 'nowhere') throw new Error('nowhere to follow');
      await change.link({ from: subject, to: payload.to, kind: 'followed' });
    });
    const { metadata, lineage, journal } = await open([followed]);
    const move = (to: string) => metadata.change(actor, (change) => change.record(moved, 'a', { to }));
    await move('b');
    await expect(move('nowhere')).rejects.toThrow('nowhere to follow');
    expect(await lineage.outOf('a')).toMatchObject([{ to: 'b', kind: 'followed' }]);
    expect((await journal.read({})).map(({ payload }) => payload)).toEqual([{ to: 'b' }]);
  });

  it('that is damaged inside is refused before anything is written, and named', async () => {
    const { database, journal } = await open();
    for (let n = 0; n < 300; n++) {
      await journal.append(actor, {
        type: 'a.b',
        subject: 's',
        payload: { text: 'x'.repeat(200) },
      });
    }
    await database.close();
    opened = [];
    const bytes = await readFile(file);
    bytes.fill(0xa5, 8 * 4096, 12 * 4096);
    await writeFile(file, bytes);
    await expect(open()).rejects.toMatchObject({
      code: 'TRS_STORE_CORRUPT',
      message: expect.stringContaining(file),
      hint: expect.stringContaining('backup'),
    });
    expect(await readFile(file)).toEqual(bytes);
  });

  it('tells of its health', async () => {
    const { database } = await open();
    const health = await database.check();
    expect(health).toMatchObject({ location: dir, reserveBytes: 0, problems: [] });
    expect(health.engine).toContain('SQLite 3.');
    expect(health.freeBytes).toBeGreaterThan(0);
  });

  it('waits for another process, and does not hold up its own', async () => {
    const { journal } = await open();
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 5);
    const pending = journal.append(actor, { type: 'a.b', subject: 's', payload: {} });
    await vi.waitUntil(() => ticks > 8, { timeout: 10_000 });
    other.exec('COMMIT');
    other.close();
    await expect(pending).resolves.toMatchObject({ seq: 1 });
    clearInterval(ticking);
  });

  describe.skipIf(process.platform === 'win32')('in a folder that may only be read', () => {
    // Root may write anywhere; nobody may not.
    const isRoot = process.getuid?.() === 0;
    const lock = async () => {
      await chmod(dir, 0o555);
      if (isRoot) process.seteuid?.(NOBODY);
    };
    afterEach(async () => {
      if (isRoot) process.seteuid?.(0);
      await chmod(dir, 0o755);
    });

    it('cannot be made, which is a clear error', async () => {
      await lock();
      await expect(open()).rejects.toMatchObject({
        code: 'TRS_STORE_UNREADABLE',
        message: expect.stringContaining(file),
        hint: expect.stringContaining('permissions'),
      });
    });

    it('cannot be changed, which is a clear error', async () => {
      await open().then(({ database }) => database.close());
      opened = [];
      await chmod(file, 0o444);
      await lock();
      const append = open().then(({ journal }) =>
        journal.append(actor, { type: 'a.b', subject: 's', payload: {} }),
      );
      await expect(append).rejects.toMatchObject({
        code: expect.stringMatching(/^TRS_STORE_(UNREADABLE|READ_ONLY)$/),
      });
    });
  });
});
