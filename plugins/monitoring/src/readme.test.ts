import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('runs the example of the README', async () => {
  const packageDir = fileURLToPath(new URL('..', import.meta.url));
  const readme = await readFile(join(packageDir, 'README.md'), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  // Beside the package's own files, so that its imports resolve as a user's would.
  const file = join(packageDir, `.readme-example-${process.pid}.ts`);
  const cwd = await mkdtemp(join(tmpdir(), 'trestle-readme-'));
  try {
    await writeFile(file, example);
    const { stdout } = await promisify(execFile)(process.execPath, [file], {
      cwd,
      env: { ...process.env, TRESTLE_STORE__RESERVE_BYTES: '0' },
    });
    expect(stdout).toBe('0 open alerts\n');
  } finally {
    await rm(file, { force: true });
    await rm(cwd, { recursive: true, force: true });
  }
});
