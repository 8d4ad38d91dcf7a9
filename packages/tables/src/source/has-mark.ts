import { open } from 'node:fs/promises';

/** Whether a file begins with the byte-order mark of UTF-8. */
export async function hasMark(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(3), 0, 3, 0);
    return bytesRead === 3 && buffer.equals(Buffer.of(0xef, 0xbb, 0xbf));
  } finally {
    await file.close();
  }
}
