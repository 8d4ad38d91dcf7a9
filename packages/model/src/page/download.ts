import { ModelError } from '../model-error.ts';
import { sha256 } from '../sha256.ts';

/** How much of a file is there. */
export interface Progress {
  readonly received: number;
  /** Undefined where the server does not say it. */
  readonly total: number | undefined;
}

export interface Source {
  readonly url: string;
  /** SHA-256 in hex: what the file must be. */
  readonly digest?: string | undefined;
  /** Whether a file that has a digest is kept in the Cache API. */
  readonly cache: boolean;
  readonly maxBytes: number;
}

/** The name of the cache, which a page may look into or delete. */
export const MODEL_CACHE = 'trestle-models';

const failed = (url: string, reason: string): ModelError =>
  new ModelError(
    'DOWNLOAD',
    `The model ${url} was not loaded: ${reason}.`,
    'See whether the address answers.',
    {
      url,
    },
  );

/**
 * Reads a file from its address, or, where its digest is known, from the cache: what a digest names does not change.
 *
 * @throws TRS_MODEL_DOWNLOAD, TRS_MODEL_DIGEST
 */
export async function download(
  { url, digest, cache: isCached, maxBytes }: Source,
  onProgress: (progress: Progress) => void,
): Promise<Uint8Array> {
  const cache = isCached && digest !== undefined ? await openCache() : undefined;
  const kept = await cache?.match(url);
  if (kept) {
    const bytes = new Uint8Array(await kept.arrayBuffer());
    onProgress({ received: bytes.length, total: bytes.length });
    if ((await sha256(bytes)) === digest) return bytes;
    // An older file of the same address, or a damaged one.
    await cache?.delete(url);
  }
  const response = await fetch(url).catch((cause: unknown) => {
    throw failed(url, cause instanceof Error ? cause.message : String(cause));
  });
  if (!response.ok) throw failed(url, `it was answered with the status ${response.status}`);
  const bytes = await received(response, url, maxBytes, onProgress);
  if (digest !== undefined) {
    const found = await sha256(bytes);
    if (found !== digest)
      throw new ModelError(
        'DIGEST',
        `The model ${url} is not the one that was asked for: its digest is ${found}, and must be ${digest}.`,
        'It was replaced or damaged on its way; ask for the digest that is meant.',
        { url, found, digest },
      );
    // A full disk, or a page that may keep nothing, does without.
    await cache?.put(url, new Response(new Uint8Array(bytes))).catch(() => {});
  }
  return bytes;
}

/** There is none in pages without TLS, nor in Node. */
async function openCache(): Promise<Cache | undefined> {
  return typeof caches === 'undefined' ? undefined : await caches.open(MODEL_CACHE).catch(() => undefined);
}

async function received(
  response: Response,
  url: string,
  maxBytes: number,
  onProgress: (progress: Progress) => void,
): Promise<Uint8Array> {
  // The length of a compressed answer is not that of the file.
  const length = response.headers.has('content-encoding')
    ? 0
    : Number(response.headers.get('content-length'));
  const total = length > 0 ? length : undefined;
  if (total !== undefined && total > maxBytes)
    throw failed(url, `it has ${total} bytes, more than ${maxBytes}`);
  const parts: Uint8Array[] = [];
  let size = 0;
  onProgress({ received: 0, total });
  const reader = response.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw failed(url, `it ended after ${size} bytes (${cause instanceof Error ? cause.message : cause})`);
    });
    if (done) break;
    parts.push(value);
    size += value.length;
    if (size > maxBytes) {
      await reader.cancel();
      throw failed(url, `it has more than ${maxBytes} bytes`);
    }
    onProgress({ received: size, total });
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
