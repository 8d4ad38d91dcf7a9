const camelCase = (name: string): string =>
  name.replace(/-+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The files of a new plugin package, by path. */
export function scaffold(name: string, packageName: string): Readonly<Record<string, string>> {
  const constant = `${camelCase(name)}Plugin`;
  return {
    'package.json': packageJson(packageName),
    'tsconfig.json': TSCONFIG,
    '.gitignore': 'dist/\nnode_modules/\n',
    'README.md': readme(name, packageName),
    'src/index.ts': index(name, constant),
    'src/greet.ts': GREET,
    'src/index.test.ts': test(name, constant),
  };
}

const packageJson = (packageName: string): string => `${JSON.stringify(
  {
    name: packageName,
    version: '0.1.0',
    type: 'module',
    engines: { node: '>=22.13' },
    keywords: ['trestle-plugin'],
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    files: ['dist', '!dist/**/*.test.*'],
    scripts: {
      build: 'tsc',
      test: 'node --experimental-strip-types --test "src/**/*.test.ts"',
      prepack: 'npm run build',
    },
    // One kernel for all: the host's.
    peerDependencies: { '@trestle/kernel': '^0.1.0' },
    dependencies: { zod: '^4.0.0' },
    devDependencies: { '@trestle/kernel': '^0.1.0', '@types/node': '^24.0.0', typescript: '^7.0.0' },
  },
  null,
  2,
)}
`;

const TSCONFIG = `${JSON.stringify(
  {
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      types: ['node'],
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      verbatimModuleSyntax: true,
      erasableSyntaxOnly: true,
      rewriteRelativeImportExtensions: true,
      declaration: true,
      skipLibCheck: true,
      rootDir: 'src',
      outDir: 'dist',
    },
    include: ['src'],
  },
  null,
  2,
)}
`;

const index = (
  name: string,
  constant: string,
): string => `import { operation, plugin } from '@trestle/kernel';
import { z } from 'zod';

/** On the command line: trestle ${name} greet Ada. Over HTTP: POST /api/v1/${name}/greet {"who": "Ada"}. */
export const greet = operation({
  id: '${name}.greet',
  summary: 'Greet somebody.',
  kind: 'query',
  access: '${name}:read',
  input: z.object({
    who: z.string().min(1).describe('whom to greet'),
    loudly: z.boolean().default(false).describe('with emphasis'),
  }),
  positionals: ['who'],
  output: z.object({ greeting: z.string() }),
  // Loaded when it is first called, so that "trestle --help" stays fast.
  load: () => import('./greet.ts').then((module) => module.greetSomebody),
  present: ({ greeting }) => [{ kind: 'note', tone: 'good', text: greeting }],
});

export const ${constant} = plugin({
  name: '${name}',
  version: '0.1.0',
  operations: [greet],
});

export default ${constant};
`;

const GREET = `import type { Context } from '@trestle/kernel';

export async function greetSomebody(
  ctx: Context,
  input: { readonly who: string; readonly loudly: boolean },
): Promise<{ greeting: string }> {
  ctx.log.debug('greeting', { who: input.who });
  return { greeting: \`Hello, \${input.who}\${input.loudly ? '!' : '.'}\` };
}
`;

const test = (name: string, constant: string): string => `import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Host, openHost } from '@trestle/kernel';
import { greet, ${constant} } from './index.ts';

let dir: string;
let host: Host;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), '${name}-'));
  host = await openHost({ projectDir: dir, plugins: [${constant}] });
});
after(async () => {
  await host.close();
  await rm(dir, { recursive: true });
});

test('greets by name', async () => {
  assert.deepEqual(await host.run(greet, { who: 'Ada' }), { greeting: 'Hello, Ada.' });
});

test('refuses to greet nobody', async () => {
  await assert.rejects(host.run(greet, { who: '' }), { code: 'TRS_KERNEL_INPUT_INVALID' });
});
`;

const readme = (name: string, packageName: string): string => `# ${packageName}

A plugin for [Trestle](https://github.com/trestle-ml/trestle).

\`\`\`sh
npm install
npm test          # opens a host with this plugin and calls it
npm run build     # makes dist/, which is what is published
\`\`\`

To use it in a project, name it in \`trestle.config.ts\`:

\`\`\`ts
export default {
  plugins: ['${packageName}'], // installed; or the path of src/index.ts while you work on it
};
\`\`\`

Then \`trestle ${name} greet Ada\`. The same operation is \`POST /api/v1/${name}/greet\` on the server, an entry in its API docs, and
a method of the typed client.

## Where to go on
- \`src/index.ts\` says what the plugin adds: operations, and also services, routes, event subscribers, schedules, migrations.
- \`src/greet.ts\` is the handler. It gets a context (project, configuration, services of other plugins, progress) and the checked input.
`;
