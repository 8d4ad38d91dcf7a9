import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

it('runs the example of the README', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  // In the package's folder, so that its imports are found as a user's are.
  const file = join(root, `.readme-${process.pid}.ts`);
  const cwd = await mkdtemp(join(tmpdir(), 'trestle-readme-'));
  try {
    await writeFile(file, example);
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd });
    expect(stdout).toContain("to: 'dataset:greetings@1'");
  } finally {
    await rm(file, { force: true });
    await rm(cwd, { recursive: true, force: true });
  }
});
