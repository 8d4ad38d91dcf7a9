import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { defineEvent, type Host, journalToken, openHost, systemPrincipal } from '@trestle/kernel';
import { blobsToken, lineageToken, metadataToken, storePlugin } from '@trestle/store';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

const noted = defineEvent('model.noted', z.object({ notes: z.string() }));
const actor = { principal: systemPrincipal, requestId: 'r', operation: 'test' };
const SIZE_MIB = 8;

/** A small disk of its own, or the reason why there is none. */
function smallDisk(): { readonly dir: string; readonly why?: string } {
  const dir = mkdtempSync(join(tmpdir(), 'trestle-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m`, 'tmpfs', dir], { stdio: 'pipe' });
    return { dir };
  } catch (thrown) {
    return {
      dir,
      why: `a disk that can be filled needs the right to mount: ${String(thrown).split('\n')[0]}`,
    };
  }
}

const disk = smallDisk();
if (disk.why) process.stderr.write(`full-disk.test.ts is skipped: ${disk.why}\n`);

// A report shows only the names of skipped tests, so the reason is part of it.
const reason = disk.why === undefined ? '' : ` (not run: ${disk.why})`;
describe.skipIf(disk.why !== undefined)(`the embedded store, on a full disk${reason}`, () => {
  let host: Host;
  const ballast = join(disk.dir, 'ballast');
  beforeEach(async () => {
    await rm(join(disk.dir, '.trestle'), { recursive: true, force: true });
    await rm(ballast, { force: true });
    host = await openHost({
      projectDir: disk.dir,
      plugins: [storePlugin],
      env: { TRESTLE_STORE__RESERVE_BYTES: String(2 ** 20) },
      log: { debug: () => {}, info: () => {}, warn: () => {} },
    });
  });
  afterEach(() => host.close());
  afterAll(() => {
    if (!disk.why) execFileSync('umount', ['-l', disk.dir]);
    rmSync(disk.dir, { recursive: true, force: true });
  });

  /** Takes all the space that is left. */
  const fill = async () => {
    const { bavail, bsize } = await statfs(disk.dir);
    await writeFile(ballast, new Uint8Array(bavail * bsize)).catch(() => {});
    expect((await statfs(disk.dir)).bavail).toBe(0);
  };
  const promote = async (n: number) =>
    await (await host.service(metadataToken)).change(actor, async ({ record, link }) => {
      await link({ from: `model:m@${n}`, to: `deployment:d@${n}`, kind: 'deployed' });
      return await record(noted, `model:m@${n}`, { notes: 'x'.repeat(20_000) });
    });

  it('still makes a change, from the space kept in reserve', async () => {
    await promote(1);
    await fill();
    await expect(promote(2)).resolves.toMatchObject({ seq: 2 });
    expect(await (await host.service(journalToken)).verify()).toMatchObject({ ok: true, events: 2 });
  });

  it('refuses the change that no longer fits, whole, and goes on when there is space again', async () => {
    await promote(1);
    await fill();
    let made = 1;
    const failure = await (async () => {
      for (; made < 1_000; made++) await promote(made + 1);
    })().catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'TRS_STORE_FULL' });
    expect(made).toBeGreaterThan(1);
    const journal = await host.service(journalToken);
    expect(await journal.verify()).toMatchObject({ ok: true, events: made });
    const lineage = await host.service(lineageToken);
    expect(await lineage.into(`deployment:d@${made}`)).toHaveLength(1);
    expect(await lineage.into(`deployment:d@${made + 1}`)).toEqual([]);
    await rm(ballast);
    await expect(promote(made + 1)).resolves.toMatchObject({ seq: made + 1 });
    expect(await journal.verify()).toMatchObject({ ok: true, events: made + 1 });
  });

  it('refuses a blob that does not fit, and keeps nothing of it', async () => {
    const blobs = await host.service(blobsToken);
    const kept = await blobs.put(new Uint8Array(1_000).fill(1));
    const tooMuch = async function* () {
      for (let n = 0; n < 2 * SIZE_MIB; n++) yield new Uint8Array(2 ** 20).fill(n);
    };
    await expect(blobs.put(tooMuch())).rejects.toMatchObject({ code: 'TRS_STORE_FULL' });
    expect(await blobs.read(kept.digest)).toHaveLength(1_000);
    // Its space is free again.
    await expect(blobs.put(new Uint8Array(2 ** 20))).resolves.toMatchObject({ bytes: 2 ** 20 });
  });

  it('leaves the reserve to changes: data does not take it', async () => {
    const metadata = await host.service(metadataToken);
    await fill();
    const log = metadata.write<{ cursors: { subscriber: string; seq: number } }, void>(async (db) => {
      for (let n = 0; n < 2_000; n++) {
        await db
          .insertInto('cursors')
          .values({ subscriber: `${n}${'x'.repeat(500)}`, seq: n })
          .execute();
      }
    });
    await expect(log).rejects.toMatchObject({ code: 'TRS_STORE_FULL' });
    await expect(promote(1)).resolves.toMatchObject({ seq: 1 });
  });

  it('refuses data while the reserve is given back, and takes it again when there is room for a new one', async () => {
    const blobs = await host.service(blobsToken);
    await promote(1);
    await fill();
    await promote(2);
    expect((await statfs(disk.dir)).bavail).toBeGreaterThan(0);
    for (let tries = 0; tries < 3; tries++) {
      await expect(blobs.put(new Uint8Array(100))).rejects.toMatchObject({ code: 'TRS_STORE_FULL' });
      await expect(blobs.workspace()).rejects.toMatchObject({ code: 'TRS_STORE_FULL' });
    }
    await expect(promote(3)).resolves.toMatchObject({ seq: 3 });
    await rm(ballast);
    await expect(blobs.put(new Uint8Array(100))).resolves.toMatchObject({ bytes: 100 });
    await fill();
    await expect(promote(4)).resolves.toMatchObject({ seq: 4 });
  });
});
