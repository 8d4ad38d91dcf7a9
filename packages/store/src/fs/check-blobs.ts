import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobsHealth, StoreCheckOptions } from '../interface/health.ts';
import { hashFile } from './hash-file.ts';

export const MAX_PROBLEMS = 20;

/** Counts the blobs of a folder; with `deep` reads each and compares it with its name. */
export async function checkBlobs(root: string, options: StoreCheckOptions = {}): Promise<BlobsHealth> {
  let [count, bytes] = [0, 0];
  const problems: string[] = [];
  for (const folder of (await namesIn(root)).filter((name) => /^[0-9a-f]{2}$/.test(name))) {
    for (const rest of await namesIn(join(root, folder))) {
      options.signal?.throwIfAborted();
      const path = join(root, folder, rest);
      const { size } = await stat(path);
      count++;
      bytes += size;
      if (options.deep && (await hashFile(path)).digest !== folder + rest) {
        problems.push(`the blob ${folder}${rest} does not match its digest`);
      }
    }
    options.onProgress?.(Number.parseInt(folder, 16) / 256);
  }
  return { engine: 'files', location: root, count, bytes, problems: problems.slice(0, MAX_PROBLEMS) };
}

/** Sorted, so that the progress goes one way; nothing when there is no folder yet. */
const namesIn = async (dir: string): Promise<string[]> =>
  (await readdir(dir).catch((): string[] => [])).toSorted();
