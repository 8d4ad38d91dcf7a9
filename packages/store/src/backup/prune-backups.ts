import type { BackupFolder } from './backup-folder.ts';
import { pieceName } from './backup-folder.ts';
import { blobsOf } from './blob-lines.ts';

export interface PrunedBackups {
  /** The snapshots that are gone. */
  readonly removed: readonly string[];
  readonly pieces: number;
  readonly bytes: number;
}

/** Keeps the newest snapshots, and the pieces that they consist of. Ended in the middle, the next one goes on. */
export async function pruneBackups(folder: BackupFolder, keep: number): Promise<PrunedBackups> {
  const all = await folder.snapshots();
  const removed = all.slice(0, -keep).map(({ id }) => id);
  const kept = new Set<string>();
  for (const { manifest } of all.slice(-keep)) {
    for (const piece of manifest.blobs.pieces) kept.add(pieceName('list', piece));
    for (const { pieces } of manifest.tables) for (const piece of pieces) kept.add(pieceName('rows', piece));
    for await (const { digest } of blobsOf(folder, manifest)) kept.add(pieceName('blob', digest));
  }
  // First what names pieces, then the pieces: one that is named is there at any time.
  for (const id of removed) await folder.remove(id);
  return { removed, ...(await folder.sweep((piece) => kept.has(piece))) };
}
