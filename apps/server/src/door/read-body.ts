import type { Readable } from 'node:stream';
import { releaseBytes } from '@trestle/kernel';
import { serverError } from '../server-error.ts';

const FIRST_BYTES = 16 * 1_024;
/** So much is set aside for what a caller says will come; the rest when so much has come. */
const TRUSTED_BYTES = 1_024 * 1_024;

/**
 * The whole body as one buffer, with memory of its own where it is not small. Chunks are copied into a buffer that doubles, so that a
 * body sent byte by byte costs what it weighs and not an object per byte.
 *
 * @param announced its bytes as the caller says; 0 where nothing is said
 * @throws TRS_SERVER_BODY_TOO_LARGE as soon as it grows beyond `maxBytes`
 */
export function readBody(payload: Readable, maxBytes: number, announced = 0): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let buffer: Buffer | undefined;
    let length = 0;
    let taken: Buffer | undefined;
    // Where it is all of what was read from the socket: Node's parser goes on in what is not.
    const release = (chunk: Buffer | undefined): void => {
      if (chunk && chunk.length >= FIRST_BYTES && chunk.length === chunk.buffer.byteLength)
        releaseBytes(chunk);
    };
    const settle = (thrown?: Error): void => {
      payload.off('data', take).off('end', end).off('error', fail).off('close', fail);
      if (thrown) {
        // What still comes is read and forgotten, so that the answer can be sent.
        payload.resume();
        reject(thrown);
      } else resolve(buffer ? buffer.subarray(0, length) : Buffer.alloc(0));
    };
    // Node's HTTP parser gives buffers.
    const take = (chunk: Buffer): void => {
      const end = length + chunk.length;
      if (end > maxBytes) settle(bodyTooLarge(maxBytes));
      // Most bodies are one chunk, which is nobody else's.
      else if (!buffer && chunk.length === announced) buffer = chunk;
      else {
        buffer ??= Buffer.allocUnsafeSlow(
          Math.min(maxBytes, Math.max(chunk.length, Math.min(announced || FIRST_BYTES, TRUSTED_BYTES))),
        );
        if (end > buffer.length) {
          const grown = Buffer.allocUnsafeSlow(
            Math.min(maxBytes, Math.max(buffer.length * 2, end, announced)),
          );
          buffer.copy(grown, 0, 0, length);
          releaseBytes(buffer);
          buffer = grown;
        }
        chunk.copy(buffer, length);
        // The one before: the parser is still in this one.
        release(taken);
        taken = chunk;
      }
      length = end;
    };
    const end = (): void => settle();
    const fail = (cause?: unknown): void => settle(goneAway(cause));
    payload.on('data', take).on('end', end).on('error', fail).on('close', fail);
  });
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
