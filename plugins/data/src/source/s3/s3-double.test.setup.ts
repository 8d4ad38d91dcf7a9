import { once } from 'node:events';
import { createServer } from 'node:http';
import { AwsV4Signer } from 'aws4fetch';

export const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'canary-secret' };

export interface S3Double {
  readonly url: string;
  /** Paths with what was asked of them, in order. */
  readonly asked: string[];
  /** What is in the buckets, by `bucket/key`. */
  readonly objects: Map<string, string | Uint8Array>;
  /** Changes the XML of listings, as servers do that differ. */
  rewrite: (xml: string) => string;
  close(): void;
}

/** An S3 server in this process: objects and ListObjectsV2, a few keys a page; what is not signed as it should be gets 403. */
export async function startS3Double(pageKeys: number): Promise<S3Double> {
  const objects: S3Double['objects'] = new Map();
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', `http://${request.headers.host}`);
    asked.push(`${url.pathname}?${url.searchParams.get('continuation-token') ?? ''}`);
    if (!(await isSigned(url))) return response.writeHead(403).end();
    const named = decodeURIComponent(url.pathname.slice(1));
    const bucket = named.slice(0, named.indexOf('/') + 1);
    if (named === bucket) return response.end(double.rewrite(list(bucket, url.searchParams)));
    const object = objects.get(named);
    return object === undefined ? response.writeHead(404).end() : response.end(object);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const list = (bucket: string, query: URLSearchParams): string => {
    const encode = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');
    const keys = [...objects.keys()]
      .filter((name) => name.startsWith(bucket + (query.get('prefix') ?? '')))
      .map((name) => name.slice(bucket.length))
      .sort();
    const after = query.get('continuation-token') ?? '';
    const page = keys.filter((key) => `<${key}>` > after || after === '').slice(0, pageKeys);
    const last = page.at(-1);
    const isCut = last !== undefined && last !== keys.at(-1);
    const contents = page.map(
      (key) =>
        `<Contents><Key>${encode(key)}</Key><Size>${Buffer.byteLength(objects.get(bucket + key) ?? '')}</Size></Contents>`,
    );
    // A token is any text: this one must be escaped in XML and in an address.
    const token = isCut ? `<NextContinuationToken>&lt;${last}&gt;</NextContinuationToken>` : '';
    return `<?xml version="1.0"?><ListBucketResult xmlns="x"><EncodingType>url</EncodingType><IsTruncated>${isCut}</IsTruncated>${token}${contents.join('')}</ListBucketResult>`;
  };
  const address = server.address();
  const double: S3Double = {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    asked,
    objects,
    rewrite: (xml) => xml,
    close: () => server.close(),
  };
  return double;
}

/** Signs what was asked as the owner of the secret would. */
async function isSigned(asked: URL): Promise<boolean> {
  const url = new URL(asked);
  const signature = url.searchParams.get('X-Amz-Signature');
  for (const name of [...url.searchParams.keys()])
    if (name.startsWith('X-Amz-') && name !== 'X-Amz-Expires') url.searchParams.delete(name);
  const signer = new AwsV4Signer({
    url: url.href,
    ...CREDENTIALS,
    service: 's3',
    region: 'us-east-1',
    signQuery: true,
    datetime: asked.searchParams.get('X-Amz-Date') ?? '',
  });
  return (await signer.sign()).url.searchParams.get('X-Amz-Signature') === signature;
}
