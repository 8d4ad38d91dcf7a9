import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadPlugins } from './load-plugins.ts';

const require = createRequire(import.meta.url);
const PLUGIN = 'export default { name: "acme", version: "1.2.3" };';

describe('loadPlugins', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-plugins-'));
    await mkdir(join(dir, 'node_modules'));
    await symlink(dirname(require.resolve('zod/package.json')), join(dir, 'node_modules', 'zod'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  /** A package as npm would install it. */
  const install = async (
    name: string,
    files: Record<string, string>,
    manifest: object = {},
  ): Promise<void> => {
    const root = join(dir, 'node_modules', name);
    await mkdir(root, { recursive: true });
    const json = { name, version: '1.2.3', type: 'module', exports: './index.js', ...manifest };
    await writeFile(join(root, 'package.json'), JSON.stringify(json));
    for (const [file, content] of Object.entries(files)) await writeFile(join(root, file), content);
  };
  const load = (...names: unknown[]) => loadPlugins(names, dir);

  it('has none where none are named', async () => {
    expect(await loadPlugins(undefined, dir)).toEqual([]);
    expect(await loadPlugins([], dir)).toEqual([]);
  });

  it.each([
    ['a package', 'trestle-plugin-acme', {}],
    ['a package with a scope', '@acme/trestle', {}],
    ['a package that may only be imported', 'only-esm', { exports: { import: './index.js' } }],
    [
      'a package with conditions',
      'conditions',
      { exports: { '.': { types: './index.d.ts', default: './index.js' } } },
    ],
    ['a package of the old kind', 'old', { exports: undefined, main: 'index.js' }],
  ])('loads %s from the project’s node_modules', async (_, name, manifest) => {
    await install(name, { 'index.js': PLUGIN }, manifest);
    expect(await load(name)).toMatchObject([{ name: 'acme', version: '1.2.3' }]);
  });

  it('loads a CommonJS package', async () => {
    const files = { 'index.cjs': 'module.exports = { name: "acme", version: "1.2.3" };' };
    await install('cjs', files, { exports: './index.cjs', type: undefined });
    expect(await load('cjs')).toMatchObject([{ name: 'acme' }]);
  });

  it('loads files of the project, in TypeScript too, and objects, in the order in which they are named', async () => {
    await writeFile(
      join(dir, 'mine.ts'),
      'interface P { name: string; version: string }\nexport default { name: "mine", version: "1" } satisfies P;',
    );
    await install('acme', { 'index.js': PLUGIN });
    const plugins = await load({ name: 'object', version: '1' }, './mine.ts', 'acme', join(dir, 'mine.ts'));
    expect(plugins.map(({ name }) => name)).toEqual(['object', 'mine', 'acme', 'mine']);
  });

  it('gives a plugin the very modules that the host has', async () => {
    const source = `import { z } from 'zod';
      const input = z.object({});
      export default { name: 'acme', version: '1', contributions: [{ point: 'z', value: z }] };`;
    await install('acme', { 'index.js': source });
    const [acme] = await load('acme');
    expect(acme?.contributions?.[0]?.value).toBe(z);
  });

  it.each([
    ['trestle-plugin-none', 'npm install trestle-plugin-none'],
    ['@acme/none', 'npm install @acme/none'],
    ['./none.ts', 'no such file'],
    ['../none', 'no such file'],
  ])('says that %s is missing, and what to do', async (name, hint) => {
    await expect(load(name)).rejects.toMatchObject({
      code: 'TRS_PLUGIN_MISSING',
      kind: 'not-found',
      message: `Plugin "${name}" is not installed.`,
      hint: expect.stringContaining(hint),
      details: { plugin: name },
    });
  });

  it.each([
    ['throws', { 'index.js': 'throw new Error("no licence");' }, {}, 'no licence'],
    ['throws something odd', { 'index.js': 'throw "odd";' }, {}, 'odd'],
    ['does not parse', { 'index.js': 'export default {' }, {}, 'loaded: '],
    ['lacks a part of itself', { 'index.js': 'import "./acme-part.js";' }, {}, 'acme-part'],
    ['lacks a dependency', { 'index.js': 'import "acme-dependency";' }, {}, 'acme-dependency'],
    ['lacks its entry', {}, {}, 'loaded: '],
    [
      'lets itself not be imported',
      { 'index.js': PLUGIN },
      { exports: { './other': './index.js' } },
      'exports',
    ],
  ])('names a plugin that %s', async (_, files, manifest, reason) => {
    await install('acme', files, manifest);
    await expect(load('acme')).rejects.toMatchObject({
      code: 'TRS_PLUGIN_BROKEN',
      kind: 'failed',
      message: expect.stringMatching(
        new RegExp(`^Plugin "acme" broke while it was loaded: .*${reason.replace('loaded: ', '')}`, 's'),
      ),
      details: { plugin: 'acme' },
    });
  });

  it.each([
    ['exports nothing', 'export const plugin = 1;'],
    ['exports a function', 'export default () => {};'],
    ['is something else altogether', 'export default { apply() {} };'],
  ])('names a package that %s', async (_, source) => {
    await install('acme', { 'index.js': source });
    await expect(load('acme')).rejects.toMatchObject({
      code: 'TRS_PLUGIN_INVALID',
      message: expect.stringContaining('"acme" is not a Trestle plugin'),
    });
  });

  it.each(['acme', { acme: true }, 7, null])('wants a list, not %j', async (names) => {
    await expect(loadPlugins(names, dir)).rejects.toMatchObject({ code: 'TRS_PLUGIN_LIST_INVALID' });
  });

  it('refuses an entry of the list that is no plugin', async () => {
    await expect(load(null)).rejects.toMatchObject({ code: 'TRS_PLUGIN_INVALID' });
    await expect(load('')).rejects.toMatchObject({ code: expect.stringMatching(/^TRS_PLUGIN_/) });
  });
});
