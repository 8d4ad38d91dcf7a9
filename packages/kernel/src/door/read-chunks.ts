import { open } from 'node:fs/promises';

/** Large enough that the calls cost less than what is done with the bytes. */
const CHUNK_BYTES = 2 ** 20;

/**
 * The bytes of a file, part by part. A part is valid until the next one is asked for: two buffers take turns, so that one is
 * read while the other is worked on, and no memory is touched for the first time again and again.
 */
export async function* readChunks(path: string): AsyncGenerator<Buffer> {
  const file = await open(path);
  const read = (buffer: Buffer) => {
    const reading = file.read(buffer, 0, CHUNK_BYTES);
    // Whoever asks for it sees the failure; until then it is not unhandled.
    reading.catch(() => {});
    return reading;
  };
  let [current, other] = [Buffer.allocUnsafeSlow(CHUNK_BYTES), Buffer.allocUnsafeSlow(CHUNK_BYTES)];
  let next = read(current);
  try {
    for (;;) {
      const { bytesRead } = await next;
      if (bytesRead === 0) return;
      const chunk = current.subarray(0, bytesRead);
      [current, other] = [other, current];
      next = read(current);
      yield chunk;
    }
  } finally {
    await next.catch(() => {});
    await file.close();
  }
}
