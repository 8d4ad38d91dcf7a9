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

/**
 * Reads an answer to ListObjectsV2 (asked with `encoding-type=url`, so that any key can stand in XML); undefined when it is none.
 * The elements that are read hold text alone, and no attributes: no parser of XML is needed.
 */
export function objectListing(xml: string): ObjectListing | undefined {
  if (!/<ListBucketResult[\s>]/.test(xml)) return undefined;
  // Servers that know no encoding leave it out of the answer.
  const decode = textOf(xml, 'EncodingType') === 'url' ? urlDecoded : (text: string) => text;
  const objects = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, entry = '']) => ({
    key: decode(textOf(entry, 'Key')),
    bytes: Number(textOf(entry, 'Size')),
  }));
  const isCut = textOf(xml, 'IsTruncated') === 'true';
  return { objects, next: isCut ? textOf(xml, 'NextContinuationToken') : undefined };
}

const textOf = (xml: string, element: string): string =>
  (xml.match(new RegExp(`<${element}>([^<]*)</${element}>`))?.[1] ?? '').replace(
    /&(?:#(\d+)|#x([\da-f]+)|(amp|lt|gt|quot|apos));/gi,
    (_, decimal?: string, hex?: string, name?: string) =>
      name
        ? (ENTITIES[name.toLowerCase()] ?? '')
        : String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex ?? '', 16)),
  );

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** What is encoded wrongly stays as it is: no object is then found by it. */
const urlDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
};
