import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobInfo } from '../interface/blobs.ts';
import type { BlobsHealth, StoreCheckOptions } from '../interface/health.ts';
import { hashFile } from './hash-file.ts';

export const MAX_PROBLEMS = 20;

/** Counts the blobs of a folder; with `deep` reads each and compares it with its name. */
export async function checkBlobs(root: string, options: StoreCheckOptions = {}): Promise<BlobsHealth> {
  let [count, bytes] = [0, 0];
  const problems: string[] = [];
  for await (const blob of listBlobs(root)) {
    options.signal?.throwIfAborted();
    count++;
    bytes += blob.bytes;
    const [folder, rest] = [blob.digest.slice(0, 2), blob.digest.slice(2)];
    if (options.deep && (await hashFile(join(root, folder, rest))).digest !== blob.digest)
      problems.push(`the blob ${blob.digest} does not match its digest`);
    options.onProgress?.(Number.parseInt(folder, 16) / 256);
  }
  return { engine: 'files', location: root, count, bytes, problems: problems.slice(0, MAX_PROBLEMS) };
}

/** The blobs of a folder, by their digests in order. */
export async function* listBlobs(root: string): AsyncGenerator<BlobInfo> {
  for (const folder of (await namesIn(root)).filter((name) => /^[0-9a-f]{2}$/.test(name)))
    for (const rest of await namesIn(join(root, folder)))
      yield { digest: folder + rest, bytes: (await stat(join(root, folder, rest))).size };
}

/** Sorted; nothing when there is no folder yet. */
const namesIn = async (dir: string): Promise<string[]> =>
  (await readdir(dir).catch((): string[] => [])).toSorted();
