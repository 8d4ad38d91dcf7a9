import { walkXml } from '../walk-xml.ts';

/** An object of a bucket. */
export interface S3Object {
  readonly key: string;
  readonly bytes: number;
}

/** One answer to ListObjectsV2. */
export interface ObjectListing {
  readonly objects: readonly S3Object[];
  /** What the next answer is asked with; undefined in the last. */
  readonly next: string | undefined;
}

/** Servers give at most a thousand; one that gives more is read as far as this. */
const MAX_OBJECTS = 100_000;

/** Reads an answer to ListObjectsV2, asked with `encoding-type=url` so that any key can stand in XML; undefined when it is none. */
export function objectListing(xml: string): ObjectListing | undefined {
  const path: string[] = [];
  const told = new Map<string, string>();
  const found: { key: string; size: string }[] = [];
  let words = '';
  try {
    walkXml(xml, {
      open(name) {
        path.push(name);
        words = '';
        if (path.join('/') === 'ListBucketResult/Contents') found.push({ key: '', size: '' });
        if (found.length > MAX_OBJECTS) throw new RangeError('it has more objects than an answer has');
      },
      text: (text) => {
        words += text;
      },
      close(name) {
        const [root, parent] = path;
        const entry = found.at(-1);
        if (root === 'ListBucketResult' && path.length === 2) told.set(name, words);
        if (root === 'ListBucketResult' && parent === 'Contents' && path.length === 3 && entry) {
          if (name === 'Key') entry.key = words;
          if (name === 'Size') entry.size = words;
        }
        path.pop();
        words = '';
      },
    });
  } catch {
    return undefined;
  }
  if (told.size === 0) return undefined;
  // Servers that know no encoding leave it out of the answer.
  const decode = told.get('EncodingType') === 'url' ? urlDecoded : (text: string) => text;
  const objects = found.map(({ key, size }) => ({ key: decode(key), bytes: Number(size) }));
  const isCut = told.get('IsTruncated') === 'true';
  return { objects, next: isCut ? (told.get('NextContinuationToken') ?? '') : undefined };
}

/** What is encoded wrongly stays as it is: no object is then found by it. */
const urlDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
};
