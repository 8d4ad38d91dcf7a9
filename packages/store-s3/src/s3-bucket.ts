import {
  DeleteObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Bucket } from '@trestle/store/adapter';
import type { z } from 'zod';
import { readObject } from './read-object.ts';
import type { s3Config } from './s3-config.ts';
import { translateError } from './translate-error.ts';
import { writeObject } from './write-object.ts';

export type S3Settings = z.output<(typeof s3Config)['schema']>;

/** Where an object lies, and by whose hand it is reached. */
export interface Place {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
}

/**
 * A bucket that speaks S3. Objects are named as files of a store are, `ab/cdef…` below the prefix, so that the tools of both worlds can copy
 * one to the other.
 */
export function s3Bucket(settings: S3Settings): Bucket {
  const { bucket, prefix } = settings;
  const client = new S3Client(clientConfig(settings));
  const location = `s3://${bucket}/${prefix}`;
  const keyOf = (digest: string): string => `${prefix}${digest.slice(0, 2)}/${digest.slice(2)}`;
  const place = (digest: string): Place => ({ client, bucket, key: keyOf(digest) });
  const asking = <T>(work: Promise<T>): Promise<T> =>
    work.catch((thrown: unknown) => {
      throw translateError(thrown, location);
    });
  /** Nothing where the server says that there is nothing. */
  const orNothing = <T>(work: Promise<T>): Promise<T | undefined> =>
    asking(work.catch((thrown: unknown) => (isMissing(thrown) ? undefined : Promise.reject(thrown))));

  return {
    engine: 'S3',
    location,
    put: (digest, file, bytes) => asking(writeObject(place(digest), { digest, file, bytes, ...settings })),
    async size(digest) {
      const found = await orNothing(
        client.send(new HeadObjectCommand({ Bucket: bucket, Key: keyOf(digest) })),
      );
      return found?.ContentLength;
    },
    get: (digest) => orNothing(readObject(place(digest), (thrown) => translateError(thrown, location))),
    remove: async (digest) =>
      void (await asking(client.send(new DeleteObjectCommand({ Bucket: bucket, Key: keyOf(digest) })))),
    async *list() {
      let next: string | undefined;
      do {
        const page = await asking(
          client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: next })),
        );
        for (const { Key = '', Size = 0 } of page.Contents ?? []) {
          // What else lies there is not ours.
          const name = /^([0-9a-f]{2})\/([0-9a-f]{62})$/.exec(Key.slice(prefix.length));
          if (name) yield { digest: `${name[1]}${name[2]}`, bytes: Size };
        }
        next = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (next !== undefined);
    },
    ready: async () => void (await asking(client.send(new HeadBucketCommand({ Bucket: bucket })))),
  };
}

/** `NoSuchKey` where there is a body, `NotFound` where a HEAD has none. A bucket that is not there is another matter. */
const isMissing = (thrown: unknown): boolean =>
  thrown instanceof Error && (thrown.name === 'NoSuchKey' || thrown.name === 'NotFound');

function clientConfig(settings: S3Settings): S3ClientConfig {
  const { endpoint, region, accessKeyId, secretAccessKey, silenceMs } = settings;
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(accessKeyId !== undefined && secretAccessKey !== undefined
      ? { credentials: { accessKeyId, secretAccessKey } }
      : {}),
    // Content is proved by the SHA-256 in the signature of each request, which every server checks, and by its name when it comes back.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    retryMode: 'standard',
    maxAttempts: 5,
    // A request may take as long as it needs, if something moves.
    requestHandler: new NodeHttpHandler({
      connectionTimeout: Math.min(silenceMs, 5_000),
      socketTimeout: silenceMs,
    }),
  };
}
