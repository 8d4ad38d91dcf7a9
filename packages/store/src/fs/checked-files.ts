import { stat } from 'node:fs/promises';
import { hashFile } from './hash-file.ts';

/** Files that are named by their digests, of which this process remembers what it has checked. */
export interface CheckedFiles {
  /** Whether a file is there and has its digest, or is damaged; each state of a file is read once. */
  look(path: string, digest: string): Promise<'missing' | 'whole' | 'damaged'>;
  /** Takes a file as checked: it was hashed while it was written. */
  isWhole(path: string): Promise<void>;
  forget(path: string): void;
}

export function checkedFiles(): CheckedFiles {
  // A changed file has another state.
  const checked = new Map<string, string>();
  const stateOf = async (path: string): Promise<string | undefined> => {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    return found && `${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`;
  };
  return {
    async look(path, digest) {
      const state = await stateOf(path);
      if (state === undefined) return 'missing';
      if (checked.get(path) === state) return 'whole';
      if ((await hashFile(path)).digest !== digest) return 'damaged';
      checked.set(path, state);
      return 'whole';
    },
    async isWhole(path) {
      const state = await stateOf(path);
      if (state !== undefined) checked.set(path, state);
    },
    forget: (path) => void checked.delete(path),
  };
}
