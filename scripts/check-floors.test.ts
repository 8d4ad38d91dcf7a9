import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkWorkspace } from './floors/check-workspace.js';

const KERNEL = { '@trestle/kernel': '1' };

describe('the check of the floors', () => {
  let checkout: string;
  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), 'trestle-floors-'));
    write(
      'package.json',
      JSON.stringify({ workspaces: ['packages/*', 'plugins/*'], devDependencies: { vitest: '1' } }),
    );
    addPackage('packages/core', '@trestle/core');
    addPackage('packages/kernel', '@trestle/kernel');
  });
  afterEach(() => rmSync(checkout, { recursive: true }));

  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(checkout, file)), { recursive: true });
    writeFileSync(join(checkout, file), text);
  };
  const addPackage = (folder: string, name: string, more: Readonly<Record<string, unknown>> = {}): void =>
    write(
      `${folder}/package.json`,
      JSON.stringify({
        name,
        license: 'Apache-2.0',
        engines: { node: '>=22' },
        files: ['dist'],
        exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
        ...more,
      }),
    );
  const offences = () => checkWorkspace(checkout).map(({ file, line, what }) => `${file}:${line} ${what}`);

  it('finds nothing where all is in order', () => {
    addPackage('plugins/data', '@trestle/plugin-data', { dependencies: KERNEL });
    write(
      'plugins/data/src/index.ts',
      "import { x } from '@trestle/kernel';\nimport { y } from './y.ts';\nx(y);\n",
    );
    write('plugins/data/src/y.ts', "import { join } from 'node:path';\nexport const y = join;\n");
    expect(offences()).toEqual([]);
  });

  it.each([
    ['a statement', "import { host } from '@trestle/kernel';"],
    ['a type', "import type { Host } from '@trestle/kernel';"],
    ['a type in place', "export type X = import('@trestle/kernel').Host;"],
    ['a re-export', "export * from '@trestle/kernel';"],
    ['an import that is done later', "export const x = () => import('@trestle/kernel');"],
  ])('finds an import from a floor that is not below: %s', (_, source) => {
    addPackage('packages/core', '@trestle/core', { dependencies: KERNEL });
    write('packages/core/src/index.ts', `// A comment.\n${source}\n`);
    expect(offences()).toEqual(['packages/core/src/index.ts:2 packages/core may not import packages/kernel']);
  });

  it('says what to do about it', () => {
    addPackage('packages/nn', '@trestle/nn', { dependencies: KERNEL });
    write('packages/nn/src/index.ts', "import '@trestle/kernel';\n");
    expect(checkWorkspace(checkout)[0]?.todo).toContain('packages/nn may import: packages/core');
  });

  it('finds a plugin that imports another, except in a test that puts them together', () => {
    const needs = { dependencies: { '@trestle/plugin-data': '1' } };
    addPackage('plugins/data', '@trestle/plugin-data');
    addPackage('plugins/training', '@trestle/plugin-training', needs);
    write('plugins/training/src/index.ts', "import '@trestle/plugin-data';\n");
    write('plugins/training/src/index.test.ts', "import '@trestle/plugin-data';\nimport 'vitest';\n");
    expect(offences()).toEqual([
      'plugins/training/src/index.ts:1 a plugin imports another one, plugins/data',
    ]);
  });

  it('finds what needs Node in what pages load, through every file of it', () => {
    write('packages/kernel/src/spec.ts', "export * from './a.ts';\n");
    write('packages/kernel/src/a.ts', "import type { B } from './b.ts';\nexport type A = B;\n");
    write('packages/kernel/src/b.ts', "import { join } from 'node:path';\nexport type B = typeof join;\n");
    expect(offences()).toEqual([
      'packages/kernel/src/b.ts:1 "node:path" is loaded through packages/kernel/src/spec.ts, which pages load without Node',
    ]);
  });

  it('finds a package that stands on no floor', () => {
    addPackage('packages/new', '@trestle/new');
    expect(offences()).toEqual(['packages/new/package.json:1 stands on no floor']);
  });

  it('finds a path that reaches into another package', () => {
    write('packages/core/src/index.ts', "import '../../kernel/src/index.ts';\n");
    expect(offences()).toEqual([
      'packages/core/src/index.ts:1 "../../kernel/src/index.ts" reaches out of packages/core',
    ]);
  });

  it('finds what is used and not declared', () => {
    addPackage('plugins/data', '@trestle/plugin-data');
    write('plugins/data/src/index.ts', "import '@trestle/kernel';\nimport 'zod/v4';\n");
    write('plugins/data/src/index.test.ts', "import '@trestle/core';\n");
    expect(offences()).toEqual([
      'plugins/data/src/index.test.ts:1 "@trestle/core" is used and not declared',
      'plugins/data/src/index.ts:1 "@trestle/kernel" is used and not declared',
      'plugins/data/src/index.ts:2 "zod" is used and not declared',
    ]);
  });

  it('finds a published file that uses what is declared for tests only', () => {
    addPackage('plugins/data', '@trestle/plugin-data', { devDependencies: KERNEL });
    write('plugins/data/src/index.ts', "import '@trestle/kernel';\n");
    write('plugins/data/src/index.test.ts', "import '@trestle/kernel';\n");
    expect(offences()).toEqual([
      'plugins/data/src/index.ts:1 "@trestle/kernel" is declared for tests only, and this file is published',
    ]);
  });

  it('finds files that import each other in a circle', () => {
    write('packages/core/src/a.ts', "import './b.ts';\n");
    write('packages/core/src/b.ts', "\nimport { type C } from './c.ts';\n");
    write('packages/core/src/c.ts', "export * from './a.ts';\n");
    const [a, b, c] = ['a', 'b', 'c'].map((name) => `packages/core/src/${name}.ts`);
    expect(offences()).toEqual([`${a}:1 files import each other in a circle: ${a} -> ${b} -> ${c} -> ${a}`]);
  });

  it('finds a README and a map that tell otherwise than the table', () => {
    addPackage('packages/nn', '@trestle/nn', {});
    write(
      'packages/nn/README.md',
      '# nn\n\nMay import: `@trestle/kernel`. Install: `npm install @trestle/nn`.\n',
    );
    write(
      'docs/architecture.md',
      '| floor | package | what | may import |\n| 1 | `packages/nn` | layers | core, store |\n',
    );
    const what = 'what "packages/nn" may import is told otherwise than in scripts/floors/floor-table.js';
    expect(offences().filter((one) => one.includes('"packages/nn"'))).toEqual([
      `packages/nn/README.md:3 ${what}`,
      `docs/architecture.md:2 ${what}`,
    ]);
  });

  it('finds folders that import each other in a circle, where no two files do', () => {
    write('packages/core/src/low/a.ts', '');
    write('packages/core/src/low/b.ts', "import '../high/deep/c.ts';\n");
    write('packages/core/src/high/deep/c.ts', "import '../../low/a.ts';\n");
    const [low, high] = ['low', 'high'].map((name) => `packages/core/src/${name}`);
    expect(offences()).toEqual([
      `${high}/deep/c.ts:1 folders import each other in a circle: ${high} -> ${low} -> ${high}`,
    ]);
  });

  it('lets types speak of each other, and a definition load its handler later', () => {
    write(
      'packages/core/src/a.ts',
      "import type { B } from './b.ts';\nexport const load = () => import('./c.ts');\n",
    );
    write('packages/core/src/b.ts', "import './a.ts';\n");
    write('packages/core/src/c.ts', "import './a.ts';\n");
    expect(offences()).toEqual([]);
  });

  it('finds packages that need each other in a circle', () => {
    addPackage('packages/kernel', '@trestle/kernel', { devDependencies: { '@trestle/store': '1' } });
    addPackage('packages/store', '@trestle/store', { dependencies: KERNEL });
    expect(offences()).toEqual([
      'packages/kernel/package.json:1 packages need each other in a circle: packages/kernel -> packages/store -> packages/kernel',
    ]);
  });

  it.each([
    ['no licence', { license: undefined }, 'has no licence, or another than ours'],
    ['no engines', { engines: undefined }, 'does not say which Node it needs'],
    ['no files', { files: [] }, 'would publish everything in its folder'],
    ['no exports', { exports: undefined }, 'has no exports'],
    ['exports without types', { exports: { '.': './x.js' } }, 'exports "." without type declarations'],
    [
      'types that come too late',
      { exports: { '.': { default: './x.js', types: './x.d.ts' } } },
      'exports "." without type declarations',
    ],
  ])('finds a package.json with %s', (_, more, what) => {
    addPackage('packages/core', '@trestle/core', more);
    expect(offences()).toEqual([`packages/core/package.json:1 ${what}`]);
  });
});
