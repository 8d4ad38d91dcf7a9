import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobInfo, Blobs } from '../interface/blobs.ts';
import type { BlobsHealth, StoreCheckOptions } from '../interface/health.ts';
import { corrupt, DEFAULT_MAX_READ_BYTES, missing, notADigest, tooLarge } from './blob-error.ts';
import { MAX_PROBLEMS } from './check-blobs.ts';
import { checkedFiles } from './checked-files.ts';
import { hashFile, writeAndSync } from './hash-file.ts';
import { removeLeftovers, temporaryName } from './leftovers.ts';
import { takeFile } from './take-file.ts';
import { translateFsError } from './translate-fs-error.ts';

/** Where content is kept away from this machine, by names that are digests. What it gives is checked here. */
export interface Bucket {
  /** What it is, for a person: `S3`. */
  readonly engine: string;
  /** Where it is, without a password. */
  readonly location: string;
  /** Keeps a finished file: durable when it returns, whole or not at all; what has the name already is replaced. */
  put(digest: string, file: string, bytes: number): Promise<void>;
  /** How many bytes it has under the name; undefined when there is nothing. */
  size(digest: string): Promise<number | undefined>;
  /** What it has under the name, as it is; undefined when there is nothing. */
  get(digest: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  remove(digest: string): Promise<void>;
  /** All that it has, by their digests in order. */
  list(): AsyncIterable<BlobInfo>;
  /** @throws what keeps it from being used */
  ready(): Promise<void>;
}

export interface CacheOptions {
  /** A folder of this machine, which processes may share. */
  readonly dir: string;
  /** How much is kept at most; what was asked for within the last hour stays beyond it. */
  readonly maxBytes: number;
  /** How long a file stays after it was last asked for, in milliseconds: an hour when left out. */
  readonly keepMs?: number;
}

const HOUR_MS = 60 * 60 * 1_000;
/** Nobody asks for it: it may have been removed, by another machine. */
const IDLE_MS = 7 * 24 * HOUR_MS;
/** That a file was asked for is written down as often as this. */
const TOUCH_MS = 60_000;
/** The room is measured whenever so much of it was added: measuring looks at each file. */
const SLACK = 0.05;

/**
 * Blobs in a bucket, behind a cache of files that engines read: what is asked for is fetched once, checked, and kept until others need
 * the room. Processes share the folder: a file gets its name when it is whole, and what somebody was given is not taken away from them.
 * Removed content stays in the caches of other machines until a week after they last asked for it.
 *
 * @throws TRS_STORE_FULL, TRS_STORE_READ_ONLY from whatever writes; what the bucket throws
 */
export async function cachedBlobs(bucket: Bucket, options: CacheOptions): Promise<Blobs> {
  const { dir, maxBytes, keepMs = HOUR_MS } = options;
  const temporary = join(dir, 'tmp');
  const checked = checkedFiles();
  const fetching = new Map<string, Promise<string>>();
  const touched = new Map<string, number>();
  // What was added since the room was measured; at first, nobody knows.
  let unseen = Number.POSITIVE_INFINITY;
  const writing = <T>(work: Promise<T>): Promise<T> =>
    work.catch((thrown: unknown) => {
      throw translateFsError(thrown, dir);
    });
  await writing(mkdir(temporary, { recursive: true }));
  await removeLeftovers(temporary);

  const pathOf = (digest: string): string => {
    if (/^[0-9a-f]{64}$/.test(digest)) return join(dir, digest.slice(0, 2), digest.slice(2));
    throw notADigest(digest);
  };

  const throughTemporary = async <T>(work: (file: string) => Promise<T>): Promise<T> => {
    const file = join(temporary, temporaryName());
    try {
      return await writing(work(file));
    } finally {
      await rm(file, { force: true });
    }
  };

  /** Gives a whole file its name, and makes room for it. */
  const keep = async (file: string, { digest, bytes }: BlobInfo): Promise<string> => {
    const path = pathOf(digest);
    await mkdir(dirname(path), { recursive: true });
    await chmod(file, 0o444);
    await rename(file, path);
    await checked.isWhole(path);
    touched.set(path, performance.now());
    unseen += bytes;
    if (unseen > maxBytes * SLACK) {
      unseen = 0;
      await makeRoom(dir, maxBytes, keepMs);
    }
    return path;
  };

  const fetch = (digest: string): Promise<string> =>
    throughTemporary(async (file) => {
      const content = await bucket.get(digest);
      if (content === undefined) throw missing(digest);
      const info = await writeAndSync(file, content);
      if (info.digest !== digest) throw corrupt(digest);
      return await keep(file, info);
    });

  const localPath = async (digest: string): Promise<string> => {
    const path = pathOf(digest);
    // A damaged copy is worth nothing: the content comes again.
    if ((await checked.look(path, digest)) === 'whole') {
      if (performance.now() - (touched.get(path) ?? Number.NEGATIVE_INFINITY) < TOUCH_MS) return path;
      const now = new Date();
      const isThere = await utimes(path, now, now).then(
        () => checked.isWhole(path).then(() => true),
        () => false,
      );
      touched.set(path, performance.now());
      // Taken away a moment ago, for room: it comes again.
      if (isThere) return path;
    }
    const under = fetching.get(digest) ?? fetch(digest).finally(() => fetching.delete(digest));
    fetching.set(digest, under);
    return await under;
  };

  /** A file of ours becomes a blob: in the bucket, then here. */
  const commit = async (
    file: string,
    info: BlobInfo,
    before: (info: BlobInfo) => Promise<void>,
  ): Promise<BlobInfo> => {
    await before(info);
    const isHere = (await checked.look(pathOf(info.digest), info.digest)) === 'whole';
    // Sent again where it was never read here: what the bucket has may be damaged, and this mends it.
    if (!isHere || (await bucket.size(info.digest)) !== info.bytes)
      await bucket.put(info.digest, file, info.bytes);
    if (!isHere) await keep(file, info);
    return info;
  };
  const nothing = async (): Promise<void> => {};

  return {
    put: (content, before = nothing) =>
      throughTemporary(async (file) => await commit(file, await writeAndSync(file, content), before)),

    putFile: (path, before = nothing) =>
      throughTemporary(async (file) => {
        await takeFile(path, file);
        return await commit(file, await hashFile(file), before);
      }),

    async has(digest) {
      pathOf(digest);
      return (await bucket.size(digest)) !== undefined;
    },

    async read(digest, most = DEFAULT_MAX_READ_BYTES) {
      pathOf(digest);
      const bytes = await bucket.size(digest);
      if (bytes === undefined) throw missing(digest);
      if (bytes > most) throw tooLarge(digest, bytes, most);
      const content = await readFile(await localPath(digest));
      if (createHash('sha256').update(content).digest('hex') !== digest) throw corrupt(digest);
      return content;
    },

    localPath,

    async remove(digest) {
      const path = pathOf(digest);
      await bucket.remove(digest);
      checked.forget(path);
      touched.delete(path);
      await writing(rm(path, { force: true }));
    },

    list: () => bucket.list(),

    async workspace() {
      const own = join(temporary, temporaryName());
      await writing(mkdir(own, { mode: 0o700 }));
      return { dir: own, remove: () => rm(own, { recursive: true, force: true }) };
    },

    async ready() {
      await Promise.all([bucket.ready(), stat(temporary)]);
    },

    check: (asked) => checkBucket(bucket, asked),
  };
}

/** Takes away what was not asked for longest, down to the limit, but nothing that somebody may be reading. */
async function makeRoom(dir: string, maxBytes: number, keepMs: number): Promise<void> {
  const files: { readonly path: string; readonly bytes: number; readonly usedAt: number }[] = [];
  for (const folder of (await readdir(dir)).filter((name) => /^[0-9a-f]{2}$/.test(name))) {
    for (const name of await readdir(join(dir, folder))) {
      const path = join(dir, folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found) files.push({ path, bytes: found.size, usedAt: found.mtimeMs });
    }
  }
  let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  // The same machine's clock as that of the file times.
  const now = Date.now();
  for (const file of files.sort((a, b) => a.usedAt - b.usedAt)) {
    const idleMs = now - file.usedAt;
    if (idleMs < keepMs || (bytes <= maxBytes && idleMs < IDLE_MS)) break;
    await rm(file.path, { force: true });
    bytes -= file.bytes;
  }
}

async function checkBucket(bucket: Bucket, options: StoreCheckOptions = {}): Promise<BlobsHealth> {
  let [count, bytes] = [0, 0];
  const problems: string[] = [];
  for await (const blob of bucket.list()) {
    options.signal?.throwIfAborted();
    count++;
    bytes += blob.bytes;
    if (options.deep && problems.length < MAX_PROBLEMS) {
      const hash = createHash('sha256');
      for await (const part of (await bucket.get(blob.digest)) ?? []) hash.update(part);
      if (hash.digest('hex') !== blob.digest)
        problems.push(`the blob ${blob.digest} does not match its digest`);
    }
    options.onProgress?.(Number.parseInt(blob.digest.slice(0, 2), 16) / 256);
  }
  return { engine: bucket.engine, location: bucket.location, count, bytes, problems };
}
