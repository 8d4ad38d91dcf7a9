import { createHash, randomBytes } from 'node:crypto';
import { chmod, link, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Blobs } from '../interface/blobs.ts';
import { openFsBlobs } from './fs-blobs.ts';

const content = randomBytes(10_000);
const digest = createHash('sha256').update(content).digest('hex');

describe('blobs in a folder', () => {
  let dir: string;
  let blobs: Blobs;
  const path = () => join(dir, 'blobs', digest.slice(0, 2), digest.slice(2));
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-blobs-'));
    blobs = await openFsBlobs(join(dir, 'blobs'));
  });
  afterEach(async () => {
    await rm(dir, { recursive: true });
  });
  const flipABit = async () => {
    const bytes = await readFile(path());
    bytes[5_000] = (bytes[5_000] ?? 0) ^ 1;
    await chmod(path(), 0o644);
    await writeFile(path(), bytes);
  };

  it('are named by their SHA-256, are read-only, and leave no temporary file', async () => {
    expect((await blobs.put(content)).digest).toBe(digest);
    expect((await stat(path())).mode & 0o777).toBe(0o444);
    expect(await readdir(join(dir, 'blobs', 'tmp'))).toEqual([]);
  });

  it('are mended when the content of a damaged one comes again', async () => {
    await blobs.put(content);
    await flipABit();
    await expect(blobs.localPath(digest)).rejects.toMatchObject({ code: 'TRS_STORE_BLOB_CORRUPT' });
    await blobs.put(content);
    expect(await readFile(await blobs.localPath(digest))).toEqual(content);
  });

  it('are checked once for each state of the file, not once for all', async () => {
    await blobs.put(content);
    await blobs.localPath(digest);
    await flipABit();
    await expect(blobs.localPath(digest)).rejects.toMatchObject({ code: 'TRS_STORE_BLOB_CORRUPT' });
  });

  it('are counted, and read when that is asked for', async () => {
    await blobs.put(content);
    expect(await blobs.check()).toMatchObject({ count: 1, bytes: 10_000, problems: [] });
    await flipABit();
    expect((await blobs.check()).problems).toEqual([]);
    const progress: number[] = [];
    const deep = await blobs.check({ deep: true, onProgress: (fraction) => progress.push(fraction) });
    expect(deep.problems).toEqual([expect.stringContaining(digest)]);
    expect(progress).toHaveLength(1);
  });

  it('that were cut off are not served', async () => {
    await blobs.put(content);
    await chmod(path(), 0o644);
    await writeFile(path(), content.subarray(0, 5_000));
    await expect(blobs.read(digest)).rejects.toMatchObject({ code: 'TRS_STORE_BLOB_CORRUPT' });
  });

  it('are put by many at once', async () => {
    const infos = await Promise.all(Array.from({ length: 20 }, () => blobs.put(content)));
    expect(new Set(infos.map((info) => info.digest)).size).toBe(1);
    expect(await readdir(dirname(path()))).toHaveLength(1);
    expect(await blobs.read(digest)).toEqual(content);
  });

  it('made of a file that has a second name do not change with it', async () => {
    await writeFile(join(dir, 'one'), content);
    await link(join(dir, 'one'), join(dir, 'two'));
    await blobs.putFile(join(dir, 'one'));
    await writeFile(join(dir, 'two'), 'something else');
    expect(await blobs.read(digest)).toEqual(content);
  });

  it('are not made of links, folders or what is missing', async () => {
    await writeFile(join(dir, 'file'), content);
    await symlink(join(dir, 'file'), join(dir, 'link'));
    await expect(blobs.putFile(join(dir, 'link'))).rejects.toMatchObject({ code: 'TRS_STORE_NOT_A_FILE' });
    await expect(blobs.putFile(dir)).rejects.toMatchObject({ code: 'TRS_STORE_NOT_A_FILE' });
    await expect(blobs.putFile(join(dir, 'missing'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readFile(join(dir, 'file'))).toEqual(content);
  });
});
