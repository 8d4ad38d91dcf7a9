import { open } from 'node:fs/promises';
import process from 'node:process';

/** Makes the names in a folder durable: without it a power cut can take a renamed file back. */
export async function syncDir(dir: string): Promise<void> {
  // Windows opens no folders, and writes its names through.
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
