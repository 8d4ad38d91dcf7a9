import { randomFillSync } from 'node:crypto';
import { open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

export interface Reserve {
  /** Gives the space back; false when it was given back before. */
  release(): Promise<boolean>;
}

const CHUNK_BYTES = 2 ** 20;
/** Only a disk with this many times the reserve free gives it: keeping space back must not fill the disk. */
const FREE_TIMES = 4;

/** Keeps space on the disk, really written, so that the last change (a rollback, say) still fits on a full disk. */
export async function keepReserve(stateDir: string, bytes: number): Promise<Reserve> {
  const path = join(stateDir, 'reserve');
  const found = await stat(path).catch(() => undefined);
  if (bytes > 0 && found?.size !== bytes && (await hasRoom(stateDir, bytes))) {
    await fill(path, bytes).catch(() => rm(path, { force: true }));
  }
  return {
    release: async () =>
      await rm(path).then(
        () => true,
        () => false,
      ),
  };
}

async function hasRoom(dir: string, bytes: number): Promise<boolean> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize > FREE_TIMES * bytes;
}

async function fill(path: string, bytes: number): Promise<void> {
  // Random: a file system that compresses would keep nothing back for zeros.
  const chunk = randomFillSync(new Uint8Array(CHUNK_BYTES));
  const handle = await open(path, 'w');
  try {
    for (let left = bytes; left > 0; left -= chunk.length) {
      await handle.writeFile(chunk.subarray(0, Math.min(left, chunk.length)));
    }
  } finally {
    await handle.close();
  }
}
