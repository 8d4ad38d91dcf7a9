import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ModelVersion } from '@trestle/contracts';
import { openModel } from '@trestle/model';
import { tinyModel } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderFormat } from './folder-format.ts';
import { npmFormat } from './npm-format.ts';
import { typesOf } from './npm-types.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../..', import.meta.url));

describe('what a model is written as', () => {
  let dir: string;
  let file: string;
  const bytes = tinyModel(1);
  const model: ModelVersion = {
    ...{ name: 'strikes', version: 3, digest: 'd', aliases: [], metrics: {} },
    createdAt: '2026-11-25T00:00:00.000Z',
  };
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-export-'));
    file = join(dir, 'model');
    await writeFile(file, bytes);
  });
  afterAll(async () => await rm(dir, { recursive: true }));
  const write = async (format: typeof npmFormat, out: string, options: Record<string, string> = {}) => {
    const signal = new AbortController().signal;
    return await (await format.load())({
      model,
      file,
      out: join(dir, out),
      options,
      signal,
      read: async (path) => path,
      progress: () => {},
    });
  };

  it('is a folder whose files agree with the package', async () => {
    const { digest } = await write(folderFormat, 'folder');
    expect(digest).toBe('d');
    expect((await readdir(join(dir, 'folder'))).sort()).toEqual([
      'README.md',
      'golden.json',
      'model.onnx',
      'schema.json',
    ]);
    const { metadata } = await openModel(bytes);
    expect(JSON.parse(await readFile(join(dir, 'folder', 'golden.json'), 'utf8'))).toEqual(metadata?.golden);
    expect(JSON.parse(await readFile(join(dir, 'folder', 'schema.json'), 'utf8'))).toEqual(metadata?.schema);
    expect(new Uint8Array(await readFile(join(dir, 'folder', 'model.onnx')))).toEqual(bytes);
  });

  it('is an npm package that is the same bytes each time, answers as the model does, and whose types refuse what it refuses', async () => {
    const first = await write(npmFormat, 'a.tgz', { name: '@team/strikes' });
    expect(await write(npmFormat, 'b.tgz', { name: '@team/strikes' })).toEqual(first);
    const home = join(dir, 'home', 'node_modules', '@team', 'strikes');
    await mkdir(home, { recursive: true });
    await run('tar', ['-xzf', join(dir, 'a.tgz'), '--strip-components=1', '-C', home]);
    await mkdir(join(dir, 'home', 'node_modules', '@trestle'));
    await symlink(join(root, 'packages', 'model'), join(dir, 'home', 'node_modules', '@trestle', 'model'));
    expect(JSON.parse(await readFile(join(home, 'package.json'), 'utf8'))).toMatchObject({
      ...{ name: '@team/strikes', version: '0.0.3', type: 'module' },
      dependencies: { '@trestle/model': '0.1.0' },
    });
    const opened = await openModel(bytes);
    const rows = opened.metadata?.golden.rows ?? [];
    await writeFile(
      join(dir, 'home', 'ask.mjs'),
      `import { predict } from '@team/strikes';\nconsole.log(JSON.stringify(await predict(${JSON.stringify(rows)})));\n`,
    );
    const { stdout } = await run(process.execPath, ['ask.mjs'], { cwd: join(dir, 'home') });
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(await opened.predict(rows))));

    const right = `import { predict } from '@team/strikes';\nexport const asked = predict(${JSON.stringify(rows)});\n`;
    await writeFile(join(dir, 'home', 'right.mts'), right);
    await writeFile(
      join(dir, 'home', 'wrong.mts'),
      right.replace(/predict\(\[.*\]\)/, 'predict([{ "no such field": 1 }])'),
    );
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    const checked = (name: string) =>
      run(
        tsc,
        [
          '--noEmit',
          '--strict',
          '--module',
          'nodenext',
          '--target',
          'es2023',
          '--skipLibCheck',
          '--types',
          '',
          name,
        ],
        {
          cwd: join(dir, 'home'),
        },
      ).then(
        () => '',
        (thrown: { readonly stdout: string }) => thrown.stdout,
      );
    expect(await checked('right.mts')).toBe('');
    expect(await checked('wrong.mts')).toContain('no such field');
  }, 60_000);

  it('is refused by a name or a version that npm does not take', async () => {
    await expect(write(npmFormat, 'c.tgz', { name: '../up' })).rejects.toMatchObject({
      code: 'TRS_REGISTRY_NPM_NAME',
    });
    await expect(write(npmFormat, 'c.tgz', { version: 'latest' })).rejects.toMatchObject({
      code: 'TRS_REGISTRY_NPM_VERSION',
    });
    expect((await readdir(dirname(file))).includes('c.tgz')).toBe(false);
  });

  it('declares labels as they are, whatever is in them', async () => {
    const { metadata, features } = await openModel(bytes);
    if (!metadata) throw new Error('The model has no schema.');
    const schema = { ...metadata.schema, task: 'binary' as const, classes: ['no "way"', "it's */ fine"] };
    const types = typesOf({ features, metadata: { ...metadata, schema } });
    // Nothing of a name ends the comment that tells of it.
    expect(types.match(/\/\*\*/g)?.length).toBe(
      types.replaceAll(JSON.stringify("it's */ fine"), '').match(/\*\//g)?.length,
    );
    expect(types).toContain(
      `type Label = ${JSON.stringify('no "way"')} | ${JSON.stringify("it's */ fine")};`,
    );
  });
});
