import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { storeContract } from './store-contract.ts';
import { temporaryProject } from './temporary-project.ts';

storeContract('the embedded store', temporaryProject, async ({ dir }, digest) => {
  const path = join(dir, '.trestle', 'blobs', digest.slice(0, 2), digest.slice(2));
  const content = await readFile(path);
  content[0] = (content[0] ?? 0) ^ 1;
  await chmod(path, 0o644);
  await writeFile(path, content);
});
