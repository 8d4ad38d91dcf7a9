import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Blobs } from '@trestle/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

export interface BlobsUnderTest {
  readonly blobs: Blobs;
  /** The same blobs, as another process has them. */
  another(): Promise<Pick<BlobsUnderTest, 'blobs'>>;
  /** Changes what is kept of a blob, behind its store's back; what follows from that is not tried where it is left out. */
  readonly damage?: ((digest: string) => Promise<void>) | undefined;
  close(): Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** What every blob store must do. Call it inside a vitest file. */
export function blobsContract(name: string, open: () => Promise<BlobsUnderTest>): void {
  describe(`${name}: blobs contract`, () => {
    let store: BlobsUnderTest;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(async () => {
      await store.close();
    });

    it('gives content back by its SHA-256', async () => {
      const info = await store.blobs.put(bytes('content'));
      expect(info).toEqual({ digest: sha256(bytes('content')), bytes: 7 });
      expect(await store.blobs.read(info.digest)).toEqual(Buffer.from('content'));
      expect(await store.blobs.has(info.digest)).toBe(true);
    });

    it('streams content in, and holds equal content once', async () => {
      const parts = async function* () {
        yield bytes('con');
        yield bytes('tent');
      };
      expect(await store.blobs.put(parts())).toEqual(await store.blobs.put(bytes('content')));
    });

    it('holds content once that many put at once, and that another process has', async () => {
      const stores = [store, await store.another()];
      const infos = await Promise.all(
        Array.from({ length: 12 }, (_, n) => stores[n % 2]?.blobs.put(bytes('content'))),
      );
      expect(new Set(infos.map((info) => info?.digest))).toEqual(new Set([sha256(bytes('content'))]));
      expect(await store.blobs.check()).toMatchObject({ count: 1, bytes: 7, problems: [] });
      for (const { blobs } of stores) expect(await blobs.read(sha256(bytes('content')))).toHaveLength(7);
    });

    it('never gives damaged content, finds it, and is mended when the content comes again', async (context) => {
      if (!store.damage) return context.skip('nobody said how a blob is damaged here');
      const { digest } = await store.blobs.put(bytes('precious'));
      await store.damage(digest);
      const { blobs } = await store.another();
      await expect(blobs.read(digest)).rejects.toMatchObject({ code: 'TRS_STORE_BLOB_CORRUPT' });
      await expect(blobs.localPath(digest)).rejects.toMatchObject({ code: 'TRS_STORE_BLOB_CORRUPT' });
      expect((await blobs.check({ deep: true })).problems).toEqual([expect.stringContaining(digest)]);
      await blobs.put(bytes('precious'));
      expect(await readFile(await blobs.localPath(digest), 'utf8')).toBe('precious');
      expect((await blobs.check({ deep: true })).problems).toEqual([]);
    });

    it('can be reached', async () => {
      await expect(store.blobs.ready()).resolves.toBeUndefined();
    });

    it('takes a finished file over', async () => {
      const workspace = await store.blobs.workspace();
      const path = join(workspace.dir, 'part');
      await writeFile(path, 'from a file');
      const { digest } = await store.blobs.putFile(path);
      await workspace.remove();
      expect(await readFile(await store.blobs.localPath(digest), 'utf8')).toBe('from a file');
    });

    it('keeps nothing of a stream that breaks', async () => {
      const broken = async function* () {
        yield bytes('half');
        throw new Error('the source broke');
      };
      await expect(store.blobs.put(broken())).rejects.toThrow('the source broke');
      expect(await store.blobs.has(sha256(bytes('half')))).toBe(false);
    });

    it('tells what content will be before it is there, and keeps nothing when told not to', async () => {
      const told: unknown[] = [];
      const info = await store.blobs.put(bytes('content'), async (before) => {
        told.push({ ...before, isThere: await store.blobs.has(before.digest) });
      });
      expect(told).toEqual([{ ...info, isThere: false }]);
      const refused = store.blobs.put(bytes('other'), async () => {
        throw new Error('not this one');
      });
      await expect(refused).rejects.toThrow('not this one');
      expect(await store.blobs.has(sha256(bytes('other')))).toBe(false);
    });

    it('removes content, which may come again', async () => {
      const { digest } = await store.blobs.put(bytes('content'));
      await store.blobs.localPath(digest);
      await store.blobs.remove(digest);
      await store.blobs.remove(digest);
      expect(await store.blobs.has(digest)).toBe(false);
      await expect(store.blobs.localPath(digest)).rejects.toMatchObject({ code: 'TRS_STORE_BLOB_MISSING' });
      await expect(store.blobs.remove('../x')).rejects.toMatchObject({ code: 'TRS_STORE_BLOB_DIGEST' });
      await store.blobs.put(bytes('content'));
      expect(await store.blobs.read(digest)).toEqual(Buffer.from('content'));
    });

    it('lists what it has, in order', async () => {
      const infos = await Promise.all(['one', 'two', 'three'].map((text) => store.blobs.put(bytes(text))));
      const listed: unknown[] = [];
      for await (const info of store.blobs.list()) listed.push(info);
      expect(listed).toEqual(infos.toSorted((a, b) => (a.digest < b.digest ? -1 : 1)));
    });

    it('says which blob is missing, is too large, or has no digest for a name', async () => {
      await expect(store.blobs.read('0'.repeat(64))).rejects.toMatchObject({
        code: 'TRS_STORE_BLOB_MISSING',
      });
      await expect(store.blobs.localPath('0'.repeat(64))).rejects.toMatchObject({
        code: 'TRS_STORE_BLOB_MISSING',
      });
      await expect(store.blobs.read('../../etc/passwd')).rejects.toMatchObject({
        code: 'TRS_STORE_BLOB_DIGEST',
      });
      const { digest } = await store.blobs.put(bytes('12345'));
      await expect(store.blobs.read(digest, 4)).rejects.toMatchObject({ code: 'TRS_STORE_BLOB_TOO_LARGE' });
    });
  });
}
