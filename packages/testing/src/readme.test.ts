import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, expect } from 'vitest';

// The example of the README is a suite: what it registers runs here, as a part of this file.
const root = fileURLToPath(new URL('..', import.meta.url));
const readme = await readFile(join(root, 'README.md'), 'utf8');
const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
expect(example).toContain('blobsContract');
const file = join(root, `.readme-${process.pid}.ts`);
await writeFile(file, example);
await import(pathToFileURL(file).href);

afterAll(async () => {
  await rm(file, { force: true });
});
