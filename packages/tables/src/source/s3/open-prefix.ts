import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { safeFetch } from '@trestle/kernel';
import { dataError } from '../../data-error.ts';
import { folderKind } from '../folders/folder-kind.ts';
import type { FoundFile } from '../folders/list-folder.ts';
import type { ReadContext } from '../read-context.ts';
import { type FoundObject, listObjects, type S3Name } from './list-objects.ts';
import { type SignedAddress, signedAddress } from './signed-address.ts';

/** Objects that are fetched at once: many small ones would else wait for each other's answers. */
const AT_ONCE = 8;

/**
 * Fetches the objects below a prefix, as a folder of files.
 *
 * @param dir an empty folder
 * @throws TRS_DATA_FOLDER_MIXED before anything is fetched, TRS_DATA_TOO_LARGE when all of them together are
 */
export async function openPrefix(
  ctx: ReadContext,
  name: S3Name,
  named: string,
  dir: string,
): Promise<readonly FoundFile[]> {
  const { maxSourceBytes } = ctx.limits;
  const stop = new AbortController();
  const fetch = (from: SignedAddress, to: string, maxBytes: number) =>
    fetchSigned(ctx, from, { to, maxBytes, signal: AbortSignal.any([ctx.signal, stop.signal]) });
  ctx.progress({ step: `listing ${named}` });
  const objects = await listObjects(named, name, dir, fetch);
  folderKind(ctx.sources, objects, named);
  const bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
  if (bytes > maxSourceBytes) {
    throw dataError('TOO_LARGE', {
      kind: 'too-large',
      message: `"${named}" has ${bytes} bytes in ${objects.length} objects.`,
      hint: 'Name fewer with a glob, or raise data.maxSourceBytes.',
      details: { bytes, maxBytes: maxSourceBytes },
    });
  }
  const files: FoundFile[] = [];
  let fetched = 0;
  const takeTurns = async (): Promise<void> => {
    for (let index = fetched++; index < objects.length; index = fetched++) {
      const object = objects[index];
      if (!object) return;
      ctx.progress({ step: `fetching ${index + 1} of ${objects.length} objects` });
      const to = join(dir, 'objects', String(index));
      await mkdir(to, { recursive: true });
      const path = join(to, localName(object));
      const from = await signedAddress({ bucket: name.bucket, path: objectPath(object) });
      // It may have grown since it was listed; what was listed is what there is room for.
      await fetch(from, path, object.bytes);
      files[index] = { path, relative: object.relative, shown: `s3://${name.bucket}/${object.key}` };
    }
  };
  // All have ended before the folder goes in which they write.
  const turns = Array.from({ length: AT_ONCE }, () => takeTurns().catch((thrown) => stop.abort(thrown)));
  await Promise.all(turns);
  stop.signal.throwIfAborted();
  return files;
}

/** @throws TRS_DATA_S3 for a key with "." or ".." between its slashes, which an address takes for a way to another key or bucket */
function objectPath({ key }: FoundObject): string {
  const parts = key.split('/');
  if (!parts.some((part) => part === '.' || part === '..')) return parts.map(encodeURIComponent).join('/');
  throw dataError('S3', {
    kind: 'invalid',
    message: `The object "${key}" cannot be named by an address.`,
    hint: 'Copy it to a key without "." and ".." between its slashes.',
    details: { key },
  });
}

/** A key may be anything, a file's name may not; its end says the format. */
const localName = ({ key }: FoundObject): string =>
  basename(key)
    .replace(/[^\w.-]/g, '_')
    .slice(-100)
    .replace(/^\.+/, '_');

/** Fetches from where the environment says that S3 is. @throws TRS_DOOR_… */
export async function fetchSigned(
  ctx: ReadContext,
  { address, host }: SignedAddress,
  options: { readonly to: string; readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<void> {
  const { allowPrivateHosts } = ctx.limits;
  // Who runs the process chose the endpoint of S3.
  await safeFetch(address, { ...options, allowPrivateHosts: [...allowPrivateHosts, host] });
}
