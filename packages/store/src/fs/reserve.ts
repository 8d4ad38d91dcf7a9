import { randomFillSync } from 'node:crypto';
import { access, open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { storeError } from '../store-error.ts';

/**
 * Space on the disk, really written, that is kept back so that the last change (a rollback, say) still fits on a full
 * disk. Once it was given back, data must not take it: that waits until there is room for a new reserve.
 */
export interface Reserve {
  /** Gives the space back; false when it was given back before. */
  release(): Promise<boolean>;
  /** Before data is written. @throws TRS_STORE_FULL when only the space for changes is left */
  admitData(): Promise<void>;
}

export const noReserve: Reserve = { release: async () => false, admitData: async () => {} };

const CHUNK_BYTES = 2 ** 20;
/** Only a disk with this many times the reserve free gives it: keeping space back must not fill the disk. */
const FREE_TIMES = 2;

/** The reserve of a state folder, made when there is room. */
export async function keepReserve(stateDir: string, bytes: number): Promise<Reserve> {
  if (bytes === 0) return noReserve;
  const path = join(stateDir, 'reserve');
  // One that a killed process has left half-made is made anew.
  if ((await stat(path).catch(() => undefined))?.size !== bytes) await make(stateDir, path, bytes);
  return {
    release: async () =>
      await rm(path).then(
        () => true,
        () => false,
      ),
    async admitData() {
      const isKept = await access(path).then(
        () => true,
        () => false,
      );
      if (isKept || (await make(stateDir, path, bytes))) return;
      throw almostFull(stateDir, bytes);
    },
  };
}

/** Makes the reserve; false when there is no room for it. */
async function make(dir: string, path: string, bytes: number): Promise<boolean> {
  const { bavail, bsize } = await statfs(dir);
  if (bavail * bsize <= FREE_TIMES * bytes) return false;
  return await fill(path, bytes).then(
    () => true,
    async () => {
      await rm(path, { force: true });
      return false;
    },
  );
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

const almostFull = (dir: string, bytes: number) =>
  storeError('FULL', {
    kind: 'failed',
    message: `The disk of ${dir} is full but for the space that changes such as a rollback need (${Math.ceil(bytes / 2 ** 20)} MiB).`,
    hint: 'Free some space and run the command again, or lower store.reserveBytes; nothing was half-written.',
    details: { dir },
  });
