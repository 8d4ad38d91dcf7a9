import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/**
 * The SHA-256 of some files' contents: what a set-up step was done for.
 *
 * @param {readonly string[]} files
 */
export function fingerprint(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}
