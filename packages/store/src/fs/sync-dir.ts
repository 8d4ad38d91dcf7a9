import { open } from 'node:fs/promises';

/** Makes the names in a folder durable: without it a power cut can take a renamed file back. */
export async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
