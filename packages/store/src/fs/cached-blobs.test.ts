import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Blobs } from '../interface/blobs.ts';
import { type Bucket, cachedBlobs } from './cached-blobs.ts';

const content = randomBytes(10_000);
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const digest = digestOf(content);

/** A bucket in memory, which counts what is fetched. */
function memoryBucket() {
  const held = new Map<string, Uint8Array>();
  const counts = { got: 0, put: 0 };
  const bucket: Bucket = {
    engine: 'memory',
    location: 'here',
    async put(name, file) {
      counts.put++;
      held.set(name, await readFile(file));
    },
    size: async (name) => held.get(name)?.byteLength,
    async get(name) {
      counts.got++;
      const bytes = held.get(name);
      return (
        bytes &&
        (async function* () {
          for (let at = 0; at < bytes.length; at += 4_000) yield bytes.subarray(at, at + 4_000);
        })()
      );
    },
    remove: async (name) => void held.delete(name),
    async *list() {
      for (const [name, bytes] of held) yield { digest: name, bytes: bytes.byteLength };
    },
    ready: async () => {},
  };
  return { bucket, held, counts };
}

describe('blobs of a bucket, behind a cache', () => {
  let root: string;
  let memory: ReturnType<typeof memoryBucket>;
  /** A process: `a` and `b` of one machine share a folder. */
  const open = (machine = 'a', maxBytes = 1e6, keepMs?: number): Promise<Blobs> =>
    cachedBlobs(memory.bucket, {
      dir: join(root, machine),
      maxBytes,
      ...(keepMs === undefined ? {} : { keepMs }),
    });
  const kept = async (machine = 'a'): Promise<readonly string[]> =>
    (await readdir(join(root, machine), { recursive: true }))
      .map((name) => name.replaceAll('/', ''))
      .filter((name) => name.length === 64);
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'trestle-cache-'));
    memory = memoryBucket();
  });
  afterEach(() => rm(root, { recursive: true }));

  it('are fetched once, whoever asks, and however many at once', async () => {
    await (await open('elsewhere')).put(content);
    const [one, two] = [await open(), await open()];
    const paths = await Promise.all([one.localPath(digest), one.localPath(digest), one.read(digest)]);
    expect(memory.counts.got).toBe(1);
    expect(await readFile(paths[0])).toEqual(content);
    expect(await two.localPath(digest)).toBe(paths[0]);
    expect(memory.counts.got).toBe(1);
    expect(await readdir(join(root, 'a', 'tmp'))).toEqual([]);
  });

  it('are there without being fetched where they were made', async () => {
    const blobs = await open();
    await blobs.put(content);
    await blobs.put(content);
    expect(await blobs.read(digest)).toEqual(content);
    expect(memory.counts).toEqual({ got: 0, put: 1 });
  });

  it('are not handed out when the bucket gives other content, and are mended by the same content', async () => {
    memory.held.set(digest, randomBytes(10_000));
    const blobs = await open();
    await expect(blobs.localPath(digest)).rejects.toMatchObject({ code: 'TRS_STORE_BLOB_CORRUPT' });
    await expect(blobs.read(digest)).rejects.toMatchObject({ code: 'TRS_STORE_BLOB_CORRUPT' });
    expect((await blobs.check({ deep: true })).problems).toEqual([expect.stringContaining(digest)]);
    expect(await kept()).toEqual([]);
    await blobs.put(content);
    expect(await (await open('b')).read(digest)).toEqual(content);
    expect((await blobs.check({ deep: true })).problems).toEqual([]);
  });

  it('are fetched again where the copy was damaged, or taken away', async () => {
    const blobs = await open();
    await blobs.put(content);
    const path = await blobs.localPath(digest);
    await writeFile(path, content.subarray(0, 5_000));
    expect(await readFile(await blobs.localPath(digest))).toEqual(content);
    await rm(path);
    expect(await readFile(await blobs.localPath(digest))).toEqual(content);
    expect(memory.counts.got).toBe(2);
  });

  it('go for room, those that nobody asked for longest first, but not what somebody was just given', async () => {
    const blobs = await open('a', 25_000);
    const all = Array.from({ length: 4 }, () => randomBytes(10_000));
    for (const [at, bytes] of all.slice(0, 3).entries()) {
      const { digest: name } = await blobs.put(bytes);
      const used = new Date(Date.now() - (10 - at) * 60 * 60 * 1_000);
      await utimes(join(root, 'a', name.slice(0, 2), name.slice(2)), used, used);
    }
    const [first = content, second = content, third = content, fourth = content] = all;
    // Another process asks for the oldest: it is the newest then.
    const given = await (await open('a', 25_000)).localPath(digestOf(first));
    await blobs.put(fourth);
    expect((await kept()).toSorted()).toEqual([first, fourth].map(digestOf).toSorted());
    expect(await readFile(given)).toEqual(first);
    expect(await blobs.read(digestOf(second))).toEqual(second);
    expect(await blobs.read(digestOf(third))).toEqual(third);
    // All were asked for within the hour: more is kept than allowed, and nothing is taken away.
    expect(await kept()).toHaveLength(4);
  });

  it('go when they were not asked for in a week, whatever room there is', async () => {
    const blobs = await open();
    await blobs.put(content);
    const path = await blobs.localPath(digest);
    const used = new Date(Date.now() - 8 * 24 * 60 * 60 * 1_000);
    await utimes(path, used, used);
    await (await open()).put(randomBytes(10));
    expect(await kept()).toHaveLength(1);
  });

  it('that break off are not kept, here or there', async () => {
    const blobs = await open();
    const broken = async function* () {
      yield content;
      throw new Error('the source broke');
    };
    await expect(blobs.put(broken())).rejects.toThrow('the source broke');
    memory.bucket.put = () => Promise.reject(new Error('no route'));
    await expect((await open()).put(content)).rejects.toThrow('no route');
    expect(memory.held.size).toBe(0);
    expect(await kept()).toEqual([]);
    expect(await readdir(join(root, 'a', 'tmp'))).toEqual([]);
  });
});
