import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Scope } from '@trestle/kernel';
import { canonicalJson } from '@trestle/store';
import { putAllPinned, putPinned, putPinnedFile } from './blob-pins.ts';
import type { Manifest } from './manifest.ts';
import type { WrittenPart } from './write-part.ts';

/** What a version holds: a blob, as its parts are. */
export interface StoredManifest {
  readonly manifest: Manifest;
  readonly digest: string;
}

/** A larger part is moved to where it is stored: to read it and to write it again would cost more than it saves. */
const MAX_SMALL_BYTES = 8 * 2 ** 20;

const bytesOf = (manifest: Manifest): Uint8Array => new TextEncoder().encode(canonicalJson(manifest));
const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** Makes a blob of a manifest of which the parts are blobs. */
export async function storeManifest(scope: Scope, manifest: Manifest): Promise<StoredManifest> {
  const { digest } = await putPinned(scope, bytesOf(manifest));
  return { manifest, digest };
}

/**
 * Makes blobs of a written part and of the manifest in which it comes behind others.
 *
 * @param onNamed told, of a small part alone, what they are before they are stored; the file of the part stays where it is
 */
export async function storeWithPart(
  scope: Scope,
  others: Manifest,
  { path, bytes, rows }: WrittenPart,
  onNamed: (named: StoredManifest) => void = () => {},
): Promise<StoredManifest> {
  const withPart = (digest: string): Manifest => ({ ...others, parts: [...others.parts, { digest, rows }] });
  if (bytes > MAX_SMALL_BYTES)
    return await storeManifest(scope, withPart((await putPinnedFile(scope, path)).digest));
  const part = await readFile(path);
  const partDigest = sha256(part);
  const manifest = withPart(partDigest);
  const content = bytesOf(manifest);
  const named = { manifest, digest: sha256(content) };
  onNamed(named);
  await putAllPinned(scope, [
    { digest: partDigest, content: part },
    { digest: named.digest, content },
  ]);
  return named;
}
