import { stat } from 'node:fs/promises';
import type { FoundFile } from './list-folder.ts';

/**
 * Files in runs of at most so many bytes together; a larger one is alone. Each run becomes a part: the engine writes and reads
 * the rows of a part together, and whole images are much for one.
 */
export async function cutFiles(
  files: readonly FoundFile[],
  maxBytes: number,
): Promise<readonly (readonly FoundFile[])[]> {
  const runs: FoundFile[][] = [];
  let left = 0;
  for (const file of files) {
    const { size } = await stat(file.path);
    if (runs.length === 0 || size > left) {
      runs.push([]);
      left = maxBytes;
    }
    runs.at(-1)?.push(file);
    left -= size;
  }
  return runs;
}
