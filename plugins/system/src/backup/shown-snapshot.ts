import type { Snapshot } from '@trestle/store/backup';
import type { ShownSnapshot } from './backup-operations.ts';

/** A snapshot, as lists show it. */
export const shownSnapshot = ({ id, manifest }: Snapshot): ShownSnapshot => ({
  snapshot: id,
  takenAt: manifest.takenAt,
  rows: manifest.tables.reduce((sum, { rows }) => sum + rows, 0),
  blobs: manifest.blobs.count,
  blobBytes: manifest.blobs.bytes,
  head: manifest.log.head,
});
