import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

export interface Reserve {
  /** Gives the space back; false when it was given back before. */
  release(): Promise<boolean>;
}

const CHUNK = new Uint8Array(2 ** 20);

/** Keeps space on the disk, really written, so that the last change (a rollback, say) still fits on a full disk. */
export async function keepReserve(stateDir: string, bytes: number): Promise<Reserve> {
  const path = join(stateDir, 'reserve');
  const found = await stat(path).catch(() => undefined);
  if (bytes > 0 && found?.size !== bytes) await fill(path, bytes).catch(() => rm(path, { force: true }));
  return {
    release: async () =>
      await rm(path).then(
        () => true,
        () => false,
      ),
  };
}

async function fill(path: string, bytes: number): Promise<void> {
  const handle = await open(path, 'w');
  try {
    for (let left = bytes; left > 0; left -= CHUNK.length)
      await handle.writeFile(CHUNK.subarray(0, Math.min(left, CHUNK.length)));
  } finally {
    await handle.close();
  }
}
