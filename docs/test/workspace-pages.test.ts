import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('a page of docs/develop that changes a package of ours', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-workspace-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const blocksOf = (page: string, language: string): readonly string[] =>
    [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, block = '']) => block);

  /** Puts the lines that a block adds behind the line that stands above them in it. */
  const addLines = async (block: string): Promise<void> => {
    const [first = '', ...lines] = block.trimEnd().split('\n');
    const path = join(dir, first.replace('--- ', ''));
    const text = await readFile(path, 'utf8');
    const above = lines
      .filter((line) => !line.startsWith('+'))
      .map((line) => line.slice(1))
      .join('\n');
    const added = lines
      .filter((line) => line.startsWith('+'))
      .map((line) => line.slice(1))
      .join('\n');
    expect(text.split(above)).toHaveLength(2);
    await writeFile(
      path,
      text.replace(above, () => `${above}\n${added}`),
    );
  };

  it.each([
    ['add-an-onnx-operator.md', 'packages/onnx'],
    ['add-a-primitive.md', 'packages/core'],
  ])('%s is so', async (name, folder) => {
    const page = await readFile(join(root, 'docs', 'develop', name), 'utf8');
    await cp(join(root, folder, 'src'), join(dir, folder, 'src'), { recursive: true });
    await symlink(join(root, 'node_modules'), join(dir, 'node_modules'));
    await writeFile(join(dir, 'package.json'), '{"type": "module"}');
    const files = blocksOf(page, 'ts').map((block) => {
      const [, path = ''] = /^\/\/ (\S+)\n/.exec(block) ?? [];
      return { path, block };
    });
    for (const { path, block } of files) await writeFile(join(dir, path), block);
    for (const block of blocksOf(page, 'diff')) await addLines(block);
    const entry = join(dir, files.at(-1)?.path ?? '');
    const run = promisify(execFile);
    const types = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext', '--skipLibCheck'];
    const more = ['--allowImportingTsExtensions', '--noUncheckedIndexedAccess', '--types', 'node', entry];
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    const checked = await run(tsc, [...types, ...more], { cwd: dir }).catch(
      (failed: { stdout: string }) => failed,
    );
    expect(checked.stdout).toBe('');
    const { stdout } = await run(process.execPath, [entry], { cwd: dir });
    expect(stdout).toBe(blocksOf(page, 'text')[0]);
  });
});
