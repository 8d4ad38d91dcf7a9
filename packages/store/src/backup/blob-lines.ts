import { z } from 'zod';
import type { BlobInfo } from '../interface/blobs.ts';
import type { BackupFolder } from './backup-folder.ts';
import type { Manifest } from './manifest.ts';
import { linesOf } from './pieces.ts';

const blobLine = z.tuple([z.string().regex(/^[0-9a-f]{64}$/), z.number().int().nonnegative()]);

export const lineOfBlob = ({ digest, bytes }: BlobInfo): string => JSON.stringify([digest, bytes]);

/** The blobs of a snapshot, by their digests in order. */
export async function* blobsOf(folder: BackupFolder, { blobs }: Manifest): AsyncIterable<BlobInfo> {
  for await (const line of linesOf(folder, 'list', blobs.pieces)) {
    const [digest, bytes] = blobLine.parse(JSON.parse(line));
    yield { digest, bytes };
  }
}
