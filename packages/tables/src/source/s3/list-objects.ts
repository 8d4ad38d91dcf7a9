import { readFile, rm } from 'node:fs/promises';
import { join, matchesGlob } from 'node:path/posix';
import { dataError } from '../../data-error.ts';
import { isGlob, isHidden, MAX_FILES, nothingNamed, splitGlob, tooMany } from '../folders/list-folder.ts';
import { objectListing, type S3Object } from './object-listing.ts';
import { type SignedAddress, signedAddress } from './signed-address.ts';

/** A listing has at most a thousand keys. */
const MAX_LISTING_BYTES = 16 * 2 ** 20;

export interface FoundObject extends S3Object {
  /** From the prefix on. */
  readonly relative: string;
}

/** `s3://bucket/key`, the key as it stands. */
export interface S3Name {
  readonly bucket: string;
  readonly key: string;
}

/** @throws TRS_DATA_S3 */
export function s3Name(named: string): S3Name {
  const [, bucket = '', key] = /^s3:\/\/([^/]+)\/(.*)$/is.exec(named) ?? [];
  if (key !== undefined) return { bucket, key };
  throw dataError('S3', {
    kind: 'invalid',
    message: `"${named}" does not name a bucket and what is in it.`,
    hint: 'Write s3://BUCKET/KEY, s3://BUCKET/PREFIX/ or s3://BUCKET/PREFIX/*.csv.',
  });
}

/** Whether a key stands for several objects: it ends with a slash, or is a glob. */
export const isPrefix = ({ key }: S3Name): boolean => key === '' || key.endsWith('/') || isGlob(key);

/**
 * The objects below a prefix, or those that a glob names, by name; what a folder leaves out is left out here.
 *
 * @param fetch writes what an address answers into a new file
 * @throws TRS_DATA_EMPTY when there is none, TRS_DATA_TOO_LARGE, TRS_DATA_S3
 */
export async function listObjects(
  named: string,
  { bucket, key: wanted }: S3Name,
  dir: string,
  fetch: (from: SignedAddress, to: string, maxBytes: number) => Promise<void>,
): Promise<readonly FoundObject[]> {
  const [folder, pattern] = isGlob(wanted) ? splitGlob(wanted) : [wanted, undefined];
  const prefix = folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
  const found: FoundObject[] = [];
  let seen = 0;
  let next: string | undefined;
  do {
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      prefix,
      ...(next === undefined ? {} : { 'continuation-token': next }),
    };
    const path = join(dir, 'listing.xml');
    await fetch(await signedAddress({ bucket, path: '', query }), path, MAX_LISTING_BYTES);
    const listing = objectListing(await readFile(path, 'utf8'));
    await rm(path);
    // An answer that is cut off says how to go on, and gets on: else it would be asked for ever.
    const isStuck = listing?.next !== undefined && (listing.next === next || listing.next === '');
    if (!listing || isStuck) throw noListing(named);
    for (const { key, bytes } of listing.objects) {
      seen++;
      const relative = key.slice(prefix.length);
      // Some tools make objects that stand for folders.
      if (key.endsWith('/') || isHidden(relative)) continue;
      if (pattern === undefined || key === wanted || matchesGlob(relative, pattern))
        found.push({ key, bytes, relative });
    }
    if (seen > MAX_FILES) throw tooMany(named);
    next = listing.next;
  } while (next !== undefined);
  if (found.length === 0) throw nothingNamed(named);
  // As a file does whose name looks like a glob.
  const exact = found.find(({ key }) => key === wanted);
  return exact ? [exact] : found.toSorted((a, b) => (a.relative < b.relative ? -1 : 1));
}

const noListing = (named: string) =>
  dataError('S3', {
    kind: 'failed',
    message: `The server did not answer with the objects of "${named}".`,
    hint: 'It must know ListObjectsV2; see AWS_ENDPOINT_URL.',
  });
