import { createHash } from 'node:crypto';
import { access, chmod, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobInfo, Blobs } from '../interface/blobs.ts';
import { corrupt, DEFAULT_MAX_READ_BYTES, missing, notADigest, tooLarge } from './blob-error.ts';
import { checkBlobs, listBlobs } from './check-blobs.ts';
import { checkedFiles } from './checked-files.ts';
import { hashFile, writeAndSync } from './hash-file.ts';
import { removeLeftovers, temporaryName } from './leftovers.ts';
import { noReserve, type Reserve } from './reserve.ts';
import { syncDir } from './sync-dir.ts';
import { syncFile } from './sync-file.ts';
import { takeFile } from './take-file.ts';
import { translateFsError } from './translate-fs-error.ts';

const DIGEST = /^[0-9a-f]{64}$/;

/**
 * Blobs in a folder: `ab/cdef…` by the SHA-256 of the content. A blob is committed by fsync of a temporary file, rename,
 * and fsync of the folder; it is checked when it is read.
 *
 * @throws TRS_STORE_FULL, TRS_STORE_READ_ONLY from whatever writes
 */
export async function openFsBlobs(root: string, reserve: Reserve = noReserve): Promise<Blobs> {
  const temporary = join(root, 'tmp');
  const writing = <T>(work: Promise<T>): Promise<T> =>
    work.catch((thrown: unknown) => {
      throw translateFsError(thrown, root);
    });
  await writing(mkdir(temporary, { recursive: true }));
  await removeLeftovers(temporary);
  const checked = checkedFiles();
  // Folders whose names are durable, so that the disk is waited for once for each.
  const durable = new Set<string>();

  const pathOf = (digest: string): string => {
    if (DIGEST.test(digest)) return join(root, digest.slice(0, 2), digest.slice(2));
    throw notADigest(digest);
  };

  const check = async (digest: string): Promise<string> => {
    const path = pathOf(digest);
    const found = await checked.look(path, digest);
    if (found === 'missing') throw missing(digest);
    if (found === 'damaged') throw corrupt(digest);
    return path;
  };

  const syncFolderName = async (dir: string): Promise<void> => {
    if (durable.has(dir)) return;
    await syncDir(root);
    durable.add(dir);
  };

  const commit = async (file: string, info: BlobInfo): Promise<BlobInfo> => {
    const path = pathOf(info.digest);
    const dir = dirname(path);
    if ((await mkdir(dir, { recursive: true })) !== undefined) durable.delete(dir);
    // Content that is there is kept, unless it was damaged: then the one in hand mends it.
    const isThere = await check(info.digest).then(
      () => true,
      () => false,
    );
    if (!isThere) {
      await chmod(file, 0o444);
      await rename(file, path);
      await checked.isWhole(path);
    }
    // Also when it was there: another process may have renamed it and not come to this yet.
    await Promise.all([syncDir(dir), syncFolderName(dir)]);
    return info;
  };

  const throughTemporary = async (
    make: (file: string) => Promise<BlobInfo>,
    before: (info: BlobInfo) => Promise<void> = async () => {},
  ): Promise<BlobInfo> => {
    const file = join(temporary, temporaryName());
    try {
      const info = await make(file);
      await before(info);
      return await commit(file, info);
    } finally {
      await rm(file, { force: true });
    }
  };

  return {
    async put(content, before) {
      await reserve.admitData();
      return await writing(throughTemporary((file) => writeAndSync(file, content), before));
    },

    putFile: (path, before) =>
      writing(
        throughTemporary(async (file) => {
          await takeFile(path, file);
          // The disk writes while the processor hashes.
          const [info] = await Promise.all([hashFile(file), syncFile(file)]);
          return info;
        }, before),
      ),

    has: async (digest) =>
      await access(pathOf(digest)).then(
        () => true,
        () => false,
      ),

    async read(digest, maxBytes = DEFAULT_MAX_READ_BYTES) {
      const handle = await open(pathOf(digest), 'r').catch((thrown: NodeJS.ErrnoException) => {
        throw thrown.code === 'ENOENT' ? missing(digest) : thrown;
      });
      try {
        const { size } = await handle.stat();
        if (size > maxBytes) throw tooLarge(digest, size, maxBytes);
        const content = await handle.readFile();
        if (createHash('sha256').update(content).digest('hex') !== digest) throw corrupt(digest);
        return content;
      } finally {
        await handle.close();
      }
    },

    localPath: check,

    async remove(digest) {
      const path = pathOf(digest);
      checked.forget(path);
      await writing(rm(path, { force: true }));
      // Without it a power cut could bring the file back.
      await syncDir(dirname(path)).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'ENOENT') throw cause;
      });
    },

    list: () => listBlobs(root),

    async workspace() {
      await reserve.admitData();
      const dir = join(temporary, temporaryName());
      await writing(mkdir(dir, { mode: 0o700 }));
      return { dir, remove: async () => await rm(dir, { recursive: true, force: true }) };
    },

    ready: () => access(temporary),

    check: (options) => checkBlobs(root, options),
  };
}
