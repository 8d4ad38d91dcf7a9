import { storeError } from '../store-error.ts';

/** What is read at once, where the caller says nothing. */
export const DEFAULT_MAX_READ_BYTES = 512 * 2 ** 20;

export const notADigest = (digest: string) =>
  storeError('BLOB_DIGEST', {
    kind: 'invalid',
    message: `"${digest.slice(0, 80)}" is not a SHA-256.`,
    hint: 'A digest is 64 hexadecimal digits, in lower case.',
  });

export const missing = (digest: string) =>
  storeError('BLOB_MISSING', {
    kind: 'failed',
    message: `The blob ${digest} is missing.`,
    hint: 'Restore the blobs from a backup.',
    details: { digest },
  });

export const corrupt = (digest: string) =>
  storeError('BLOB_CORRUPT', {
    kind: 'failed',
    message: `The blob ${digest} is damaged: its content does not match its digest.`,
    hint: 'It is not used. Restore it from a backup, or make it again.',
    details: { digest },
  });

export const tooLarge = (digest: string, bytes: number, maxBytes: number) =>
  storeError('BLOB_TOO_LARGE', {
    kind: 'too-large',
    message: `The blob ${digest} has ${bytes} bytes; at most ${maxBytes} are read at once.`,
    hint: 'Read it as a file (localPath), or allow more.',
    details: { digest, bytes, maxBytes },
  });
