import { createHash } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { isRecord } from '@trestle/kernel';
import type { Place, S3Settings } from './s3-bucket.ts';

/** Larger content goes in parts, so that a connection that breaks costs one of them, and memory holds a few. */
const PART_BYTES = 16 * 2 ** 20;
/** Amazon S3 User Guide, "Multipart upload limits". */
const MOST_PARTS = 10_000;
/** So many parts are in memory at once. */
const AT_ONCE = 4;

interface Content extends Pick<S3Settings, 'encryption' | 'kmsKey'> {
  /** SHA-256 of the whole, in hex. */
  readonly digest: string;
  readonly file: string;
  readonly bytes: number;
}

/**
 * Writes a file to a place: it is there, whole, when this returns, and nothing is when it throws. Each request is signed with the SHA-256
 * of what it carries, which the server checks (AWS Signature Version 4, `x-amz-content-sha256`).
 */
export async function writeObject(place: Place, content: Content): Promise<void> {
  if (content.bytes <= PART_BYTES) await writeAtOnce(place, content);
  else await writeInParts(place, content);
}

async function writeAtOnce({ client, bucket, key }: Place, content: Content): Promise<void> {
  const put = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    // In memory, so that it can be sent again.
    Body: await readFile(content.file),
    ...encryptedAs(content),
  });
  put.middlewareStack.add(signedWith(content.digest), { step: 'build' });
  await client.send(put);
}

async function writeInParts({ client, bucket, key }: Place, content: Content): Promise<void> {
  const at = { Bucket: bucket, Key: key };
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...at, ...encryptedAs(content) }),
  );
  const handle = await open(content.file, 'r');
  try {
    const partBytes = Math.max(PART_BYTES, Math.ceil(content.bytes / MOST_PARTS));
    const count = Math.ceil(content.bytes / partBytes);
    const parts: CompletedPart[] = [];
    let next = 0;
    const write = async (): Promise<void> => {
      for (let number = ++next; number <= count; number = ++next) {
        const body = await partOf(
          handle,
          (number - 1) * partBytes,
          Math.min(partBytes, content.bytes - (number - 1) * partBytes),
        );
        const upload = new UploadPartCommand({ ...at, UploadId, PartNumber: number, Body: body });
        upload.middlewareStack.add(signedWith(createHash('sha256').update(body).digest('hex')), {
          step: 'build',
        });
        const { ETag } = await client.send(upload);
        parts[number - 1] = { PartNumber: number, ETag };
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, write));
    await client.send(
      new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts: parts } }),
    );
  } catch (thrown) {
    // What came is paid for until it is given up; where this fails too, the bucket's life cycle does it.
    await client.send(new AbortMultipartUploadCommand({ ...at, UploadId })).catch(() => {});
    throw thrown;
  } finally {
    await handle.close();
  }
}

async function partOf(handle: FileHandle, from: number, bytes: number): Promise<Uint8Array> {
  const body = Buffer.allocUnsafe(bytes);
  for (let filled = 0; filled < bytes; ) {
    const { bytesRead } = await handle.read(body, filled, bytes - filled, from + filled);
    if (bytesRead === 0) throw new Error(`A part of the file is ${bytes - filled} bytes short.`);
    filled += bytesRead;
  }
  return body;
}

const encryptedAs = ({ encryption, kmsKey }: Pick<S3Settings, 'encryption' | 'kmsKey'>) => ({
  ...(encryption === undefined ? {} : { ServerSideEncryption: encryption }),
  ...(kmsKey === undefined ? {} : { SSEKMSKeyId: kmsKey }),
});

/** Signs a request with the SHA-256 of its body, also over TLS, where the client would leave it out. */
const signedWith =
  (sha256: string) =>
  <Args extends { request: unknown }, Result>(next: (args: Args) => Promise<Result>) =>
  (args: Args): Promise<Result> => {
    const headers = isRecord(args.request) ? args.request.headers : undefined;
    if (isRecord(headers)) headers['x-amz-content-sha256'] = sha256;
    return next(args);
  };
