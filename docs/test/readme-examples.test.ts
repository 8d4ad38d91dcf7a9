import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Its example is a test suite, which runs within the package's own tests. */
const RUN_ELSEWHERE = ['packages/testing'];

const packages = ['packages', 'plugins', 'apps']
  .flatMap((parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`))
  .filter((dir) => existsSync(join(root, dir, 'README.md')) && !RUN_ELSEWHERE.includes(dir));

/** The first example of a README, and what it prints: the text block behind it, in which `…` stands for anything. */
function exampleOf(dir: string): { code: string; output: string } | undefined {
  const readme = readFileSync(join(root, dir, 'README.md'), 'utf8');
  const [, code, output] = /```ts\n(.*?)```(?:\s*```text\n(.*?)```)?/s.exec(readme) ?? [];
  return code === undefined ? undefined : { code, output: output ?? '' };
}

const examples = packages.flatMap((dir) => {
  const example = exampleOf(dir);
  return example ? [{ dir, ...example }] : [];
});

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
const asPattern = (output: string): RegExp =>
  new RegExp(`^${output.split('…').map(escaped).join('.*')}$`, 's');

describe('the example of the README', () => {
  it.each(examples)('of $dir prints what is said', async ({ dir, code, output }) => {
    expect(output, `${dir}/README.md shows no output behind its example`).not.toBe('');
    // In the package's folder, so that its imports are found as a user's are.
    const file = join(root, dir, `.readme-${process.pid}.ts`);
    const cwd = await mkdtemp(join(tmpdir(), 'trestle-readme-'));
    try {
      await writeFile(file, code);
      const { stdout } = await promisify(execFile)(process.execPath, [file], {
        cwd,
        env: { ...process.env, TRESTLE_STORE__RESERVE_BYTES: '0' },
      });
      expect(stdout).toMatch(asPattern(output));
    } finally {
      await rm(file, { force: true });
      await rm(cwd, { recursive: true, force: true });
    }
  });
});
