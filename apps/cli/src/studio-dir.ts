import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the built Studio lies, if it is installed. */
export function studioDir(): string | undefined {
  try {
    const dir = join(dirname(fileURLToPath(import.meta.resolve('@trestle/studio/package.json'))), 'dist');
    return existsSync(join(dir, 'index.html')) ? dir : undefined;
  } catch {
    return undefined;
  }
}
