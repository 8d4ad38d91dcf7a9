import { createHash } from 'node:crypto';
import { z } from 'zod';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * What a snapshot consists of. It can be read without the key: names of tables, counts and digests are in it, nothing of the content.
 */
export const manifestSchema = z.strictObject({
  format: z.literal(1),
  /** When the moment was that it shows, as the database tells it. */
  takenAt: z.iso.datetime({ precision: 3 }),
  /** The hash chain of the log at that moment. `first` tells whose it is; missing in an empty log. */
  log: z.strictObject({ seq: z.number().int(), head: z.string(), first: z.string().optional() }),
  tables: z.array(
    z.strictObject({
      table: z.string().min(1),
      rows: z.number().int().nonnegative(),
      /** The sum of the rows' digests. */
      digest,
      /** Pieces of its rows, in their order. */
      pieces: z.array(digest),
    }),
  ),
  blobs: z.strictObject({
    count: z.number().int().nonnegative(),
    bytes: z.number().int().nonnegative(),
    /** Pieces of the list of digests and sizes. */
    pieces: z.array(digest),
  }),
});
export type Manifest = z.output<typeof manifestSchema>;

/** A snapshot in a backup folder. */
export interface Snapshot {
  /** Its moment and the beginning of the digest of its manifest: `20261201T101500123Z-1f2e3d4c5b6a`. */
  readonly id: string;
  readonly manifest: Manifest;
}

export const SNAPSHOT_ID = /^\d{8}T\d{9}Z-[0-9a-f]{12}$/;

export const idOf = (manifest: Manifest, text: string): string =>
  `${manifest.takenAt.replaceAll(/[-:.]/g, '')}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
