import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';

/** `http://KEY:SECRET@HOST:PORT` of a server that speaks S3, or undefined: then its tests are skipped. */
const address = URL.parse(process.env.TRESTLE_TEST_S3 ?? '');
export const why = address === null ? ' (not run: no S3 server in TRESTLE_TEST_S3)' : '';
export const isThere = address !== null;

const keys = { accessKeyId: address?.username ?? '', secretAccessKey: address?.password ?? '' };
const origin = address?.origin ?? '';
const client = new S3Client({
  endpoint: origin,
  forcePathStyle: true,
  region: 'us-east-1',
  // Its own: the client writes into it.
  credentials: { ...keys },
  requestChecksumCalculation: 'WHEN_REQUIRED',
});

/** A bucket of one's own; buckets of an in-memory server go with it. */
export async function newBucket(): Promise<string> {
  const bucket = `trestle-${randomUUID().slice(0, 8)}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
}

export const overwrite = async (bucket: string, key: string, text: string): Promise<void> =>
  void (await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text })));

/** A project whose blobs are in a bucket. */
export async function s3Project(settings: Readonly<Record<string, unknown>>): Promise<TemporaryProject> {
  const plugins = [fileURLToPath(import.meta.resolve('@trestle/store-s3'))];
  return await temporaryProject({ config: { plugins, s3: { endpoint: origin, ...keys, ...settings } } });
}

/** What becomes of a request on its way: nothing when it says nothing. */
export interface Trouble {
  /** Answers in the place of the server; 'silence' never does. */
  readonly answer?: number | 'silence';
  /** Closes the connection behind so many bytes of the answer. */
  readonly cutAfter?: number;
  /** Changes the first byte of what is sent, or of what is answered. */
  readonly changes?: 'request' | 'answer';
}

/** The server, behind something that makes trouble; `seen` are the requests as they came. */
export async function troubled(
  trouble: (method: string, headers: NodeJS.Dict<string | string[]>) => Trouble,
) {
  const seen: string[] = [];
  const proxy = createServer((asked, answer) => {
    const {
      answer: status,
      cutAfter = Number.POSITIVE_INFINITY,
      changes,
    } = trouble(asked.method ?? '', asked.headers);
    seen.push(`${asked.method} ${asked.headers.range ?? ''}`.trim());
    if (status === 'silence') return;
    if (status !== undefined) {
      asked.resume();
      answer.writeHead(status).end();
      return;
    }
    // The host stays as it was signed.
    const onward = request(
      `${origin}${asked.url}`,
      { method: asked.method, headers: asked.headers },
      (given) => {
        answer.writeHead(given.statusCode ?? 500, given.headers);
        let sent = 0;
        given.on('data', (part: Buffer) => {
          if (changes === 'answer' && sent === 0) part[0] = (part[0] ?? 0) ^ 1;
          answer.write(part.subarray(0, cutAfter - sent));
          sent += part.length;
          if (sent >= cutAfter) answer.destroy();
        });
        given.on('end', () => answer.end());
      },
    );
    onward.on('error', () => answer.destroy());
    let first = changes === 'request';
    asked.on('data', (part: Buffer) => {
      if (first) part[0] = (part[0] ?? 0) ^ 1;
      first = false;
      onward.write(part);
    });
    asked.on('end', () => onward.end());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    seen,
    close: async () => {
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
