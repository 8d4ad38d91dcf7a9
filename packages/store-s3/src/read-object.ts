import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { Place } from './s3-bucket.ts';

/** So often a body that ends too early is gone on with. */
const MOST_BREAKS = 5;

/**
 * What lies at a place, as it comes. A body that breaks off is gone on with from where it broke, of the same content: the client of the server
 * tries a request again, but not the body of an answer.
 *
 * @param describe makes a readable error of one that comes while the body is read
 * @throws NoSuchKey where there is nothing
 */
export async function readObject(
  { client, bucket, key }: Place,
  describe: (thrown: unknown) => unknown,
): Promise<AsyncIterable<Uint8Array>> {
  const first = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const { ContentLength: bytes, ETag: etag } = first;
  return (async function* () {
    let answer = first;
    let [read, breaks] = [0, 0];
    for (;;) {
      try {
        // In Node a body is a stream of Node's.
        const body = answer.Body as AsyncIterable<Uint8Array> | undefined;
        for await (const part of body ?? []) {
          read += part.byteLength;
          yield part;
        }
        if (bytes === undefined || read >= bytes) return;
        throw new Error(`the body ended after ${read} of ${bytes} bytes`);
      } catch (thrown) {
        if (++breaks > MOST_BREAKS) throw describe(thrown);
      }
      try {
        answer = await client.send(
          new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${read}-`, IfMatch: etag }),
        );
      } catch (thrown) {
        throw describe(thrown);
      }
    }
  })();
}
