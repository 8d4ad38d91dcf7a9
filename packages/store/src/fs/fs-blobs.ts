import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, chmod, copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import type { BlobInfo, Blobs } from '../interface/blobs.ts';
import { storeError } from '../store-error.ts';
import { syncDir } from './sync-dir.ts';

const DIGEST = /^[0-9a-f]{64}$/;
const DEFAULT_MAX_READ_BYTES = 512 * 2 ** 20;

/**
 * Blobs in a folder: `ab/cdef…` by the SHA-256 of the content. A blob is committed by fsync of a temporary file, rename,
 * and fsync of the folder; it is checked when it is read.
 */
export async function openFsBlobs(root: string): Promise<Blobs> {
  const temporary = join(root, 'tmp');
  await mkdir(temporary, { recursive: true });
  await removeLeftovers(temporary);
  // Path and state of files that this process has checked already; a changed file has another state.
  const checked = new Map<string, string>();

  const pathOf = (digest: string): string => {
    if (DIGEST.test(digest)) return join(root, digest.slice(0, 2), digest.slice(2));
    throw storeError('BLOB_DIGEST', {
      kind: 'invalid',
      message: `"${digest.slice(0, 80)}" is not a SHA-256.`,
    });
  };

  const commit = async (file: string, info: BlobInfo): Promise<BlobInfo> => {
    const path = pathOf(info.digest);
    const dir = join(root, info.digest.slice(0, 2));
    await mkdir(dir, { recursive: true });
    await chmod(file, 0o444);
    await rename(file, path);
    await syncDir(dir);
    await syncDir(root);
    return info;
  };

  const check = async (digest: string): Promise<string> => {
    const path = pathOf(digest);
    const found = await stat(path).catch(() => undefined);
    if (!found) throw missing(digest);
    const state = `${found.ino}:${found.size}:${found.mtimeMs}:${found.ctimeMs}`;
    if (checked.get(path) === state) return path;
    if ((await hashFile(path)).digest !== digest) throw corrupt(digest);
    checked.set(path, state);
    return path;
  };

  return {
    async put(content) {
      const file = join(temporary, `${process.pid}-${randomUUID()}`);
      try {
        return await commit(file, await writeAndSync(file, content));
      } finally {
        await rm(file, { force: true });
      }
    },

    async putFile(path) {
      const file = join(temporary, `${process.pid}-${randomUUID()}`);
      try {
        await rename(path, file).catch(async (cause: NodeJS.ErrnoException) => {
          if (cause.code !== 'EXDEV') throw cause;
          await copyFile(path, file);
          await rm(path);
        });
        const info = await hashFile(file);
        const handle = await open(file, 'r+');
        await handle.sync().finally(() => handle.close());
        return await commit(file, info);
      } finally {
        await rm(file, { force: true });
      }
    },

    has: async (digest) =>
      await access(pathOf(digest)).then(
        () => true,
        () => false,
      ),

    async read(digest, maxBytes = DEFAULT_MAX_READ_BYTES) {
      const handle = await open(pathOf(digest), 'r').catch(() => {
        throw missing(digest);
      });
      try {
        const { size } = await handle.stat();
        if (size > maxBytes) {
          throw storeError('BLOB_TOO_LARGE', {
            kind: 'too-large',
            message: `The blob ${digest} has ${size} bytes; at most ${maxBytes} are read at once.`,
          });
        }
        const content = await handle.readFile();
        if (createHash('sha256').update(content).digest('hex') !== digest) throw corrupt(digest);
        return content;
      } finally {
        await handle.close();
      }
    },

    localPath: check,

    async workspace() {
      const dir = join(temporary, `${process.pid}-${randomUUID()}`);
      await mkdir(dir, { mode: 0o700 });
      return { dir, remove: async () => await rm(dir, { recursive: true, force: true }) };
    },
  };
}

async function writeAndSync(
  file: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<BlobInfo> {
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(file, 'wx');
  try {
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { digest: hash.digest('hex'), bytes };
}

async function hashFile(path: string): Promise<BlobInfo> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { digest: hash.digest('hex'), bytes };
}

/** Removes what processes that no longer run have left; their names begin with the process id. */
async function removeLeftovers(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const pid = Number.parseInt(name, 10);
    if (Number.isInteger(pid) && !isRunning(pid)) await rm(join(dir, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // EPERM: it runs, as somebody else.
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
}

const missing = (digest: string) =>
  storeError('BLOB_MISSING', {
    kind: 'failed',
    message: `The blob ${digest} is missing.`,
    hint: 'Restore the blobs folder from a backup.',
    details: { digest },
  });

const corrupt = (digest: string) =>
  storeError('BLOB_CORRUPT', {
    kind: 'failed',
    message: `The blob ${digest} is damaged: its content does not match its digest.`,
    hint: 'It is not used. Restore it from a backup, or make it again.',
    details: { digest },
  });
