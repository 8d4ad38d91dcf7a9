import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { readChunks } from '@trestle/kernel';
import type { BlobInfo } from '../interface/blobs.ts';

/** The SHA-256 of a file, streamed. */
export async function hashFile(path: string): Promise<BlobInfo> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of readChunks(path)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { digest: hash.digest('hex'), bytes };
}

/** Writes a new file durably, and hashes what goes by. */
export async function writeAndSync(
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<BlobInfo> {
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(path, 'wx');
  try {
    for await (const chunk of content instanceof Uint8Array ? [content] : content) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { digest: hash.digest('hex'), bytes };
}
