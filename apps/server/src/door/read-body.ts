import type { Readable } from 'node:stream';
import { serverError } from '../server-error.ts';

const FIRST_BYTES = 16 * 1_024;

/**
 * The whole body as one buffer. Chunks are copied into a buffer that doubles, so that a body sent byte by byte costs what
 * it weighs and not an object per byte.
 *
 * @throws TRS_SERVER_BODY_TOO_LARGE as soon as it grows beyond `maxBytes`
 */
export async function readBody(payload: Readable, maxBytes: number): Promise<Buffer> {
  let buffer = Buffer.allocUnsafe(Math.min(FIRST_BYTES, maxBytes));
  let length = 0;
  const chunks = payload[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch((cause: unknown) => {
      throw goneAway(cause);
    });
    if (next.done) break;
    // Node's HTTP parser gives buffers.
    const bytes: Buffer = next.value;
    if (length + bytes.length > maxBytes) throw bodyTooLarge(maxBytes);
    if (length + bytes.length > buffer.length) {
      const grown = Buffer.allocUnsafe(
        Math.min(maxBytes, Math.max(buffer.length * 2, length + bytes.length)),
      );
      buffer.copy(grown, 0, 0, length);
      buffer = grown;
    }
    bytes.copy(buffer, length);
    length += bytes.length;
  }
  return buffer.subarray(0, length);
}

export const bodyTooLarge = (maxBytes: number) =>
  serverError('BODY_TOO_LARGE', {
    kind: 'too-large',
    message: `The body has more than ${maxBytes} bytes.`,
    hint: 'Send less at once, or raise server.maxBodyBytes in the configuration.',
    details: { maxBytes },
  });

const goneAway = (cause: unknown) =>
  serverError('REQUEST_ABORTED', {
    kind: 'interrupted',
    message: 'The caller went away before the body was complete.',
    cause,
  });
