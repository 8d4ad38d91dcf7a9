import { execFile } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openHost } from '@trestle/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TemporaryHost, temporaryHost } from '../temporary-host.test.fixture.ts';
import { pluginList, pluginNew } from './plugin-operations.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);

/** Gives a folder what `npm install` would: links to the packages that are installed here. */
async function link(dir: string): Promise<void> {
  await mkdir(join(dir, 'node_modules', '@trestle'), { recursive: true });
  await mkdir(join(dir, 'node_modules', '@types'), { recursive: true });
  const kernel = dirname(dirname(fileURLToPath(import.meta.resolve('@trestle/kernel'))));
  const zod = dirname(require.resolve('zod/package.json'));
  await symlink(kernel, join(dir, 'node_modules', '@trestle', 'kernel'));
  await symlink(zod, join(dir, 'node_modules', 'zod'));
  await symlink(join(dirname(zod), '@types', 'node'), join(dir, 'node_modules', '@types', 'node'));
  await symlink(join(dirname(zod), 'undici-types'), join(dir, 'node_modules', 'undici-types'));
}

describe('trestle plugin', () => {
  let t: TemporaryHost;
  beforeEach(async () => {
    t = await temporaryHost();
  });
  afterEach(() => t.remove());

  it('lists what each plugin contributes', async () => {
    const { plugins } = await t.host.run(pluginList, {});
    expect(plugins.map(({ name }) => name)).toEqual(['store', 'system']);
    expect(plugins[0]).toMatchObject({
      config: 'store',
      services: expect.arrayContaining(['store.metadata']),
    });
    expect(plugins[1]?.operations).toEqual(expect.arrayContaining(['trace', 'token.create']));
    expect(plugins[1]?.contributions).toContain('store.migrations');
  });

  it('makes a plugin whose test passes, that builds, and that a project can use', async () => {
    const { dir } = await t.host.run(pluginNew, { name: 'hello-world' });
    await link(dir);
    const tested = await run(
      process.execPath,
      ['--experimental-strip-types', '--test', '--test-reporter=tap', 'src/**/*.test.ts'],
      // Inside vitest's own process tree, or node's runner would take itself for a child of another.
      { cwd: dir, env: { PATH: process.env.PATH } },
    );
    expect(tested.stdout).toContain('# pass 2');
    expect(tested.stdout).toContain('# fail 0');

    const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
    await run(process.execPath, [compiler], { cwd: dir });
    expect(await readdir(join(dir, 'dist'))).toContain('index.js');

    await writeFile(join(t.dir, 'trestle.config.ts'), `export default { plugins: ['${dir}/src/index.ts'] };`);
    const host = await openHost({ projectDir: t.dir, plugins: [], env: {} });
    expect(await host.runById('hello-world.greet', { who: 'Ada', loudly: true })).toEqual({
      greeting: 'Hello, Ada!',
    });
    await host.close();
  });

  it('refuses a folder that is not empty, and leaves it as it is', async () => {
    await mkdir(join(t.dir, 'mine'));
    await writeFile(join(t.dir, 'mine', 'file'), 'x');
    await expect(t.host.run(pluginNew, { name: 'hello', dir: 'mine' })).rejects.toMatchObject({
      code: 'TRS_SYSTEM_FOLDER_NOT_EMPTY',
    });
    expect(await readdir(join(t.dir, 'mine'))).toEqual(['file']);
  });

  it('refuses a name that is taken or is none', async () => {
    await expect(t.host.run(pluginNew, { name: 'system' })).rejects.toMatchObject({
      code: 'TRS_SYSTEM_PLUGIN_NAME',
    });
    for (const name of ['Hello', '../x', '9lives', 'a b', '']) {
      await expect(t.host.run(pluginNew, { name })).rejects.toMatchObject({
        code: 'TRS_KERNEL_INPUT_INVALID',
      });
    }
  });

  it('is not made over HTTP', async () => {
    await expect(t.host.run(pluginNew, { name: 'hello' }, { surface: 'http' })).rejects.toMatchObject({
      code: 'TRS_SYSTEM_LOCAL_ONLY',
    });
  });
});
