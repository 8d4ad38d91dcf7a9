import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { ExportRequest } from '@trestle/contracts';
import { openModel } from '@trestle/model';
import { pack } from 'tar-stream';
import { z } from 'zod';
import { registryError } from '../registry-error.ts';
import { typesOf } from './npm-types.ts';

/** npm's own date for files of a package, so that the same model makes the same bytes. */
const MTIME = new Date('1985-10-26T08:15:00Z');
/** What JavaScript takes for a name of a package (docs.npmjs.com/cli/configuring-npm/package-json, "name"). */
const NAME = /^(?:@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/;
const VERSION = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

const NODE = `import { readFile } from 'node:fs/promises';
import { opening } from './opening.js';

export const { load, predict } = opening(() => readFile(new URL('./model.onnx', import.meta.url)));
`;

const PAGE = `import { opening } from './opening.js';

const address = new URL('./model.onnx', import.meta.url);

export const { load, predict } = opening(async () => {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(\`\${address} answered \${answer.status}.\`);
  return new Uint8Array(await answer.arrayBuffer());
});
`;

const OPENING = `import { openModel } from '@trestle/model';

/** Opens the model once; after a failure it is tried again. */
export function opening(read) {
  let opened;
  const load = () => {
    opened ??= read().then((bytes) => openModel(bytes));
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  return { load, predict: async (rows) => (await load()).predict(rows) };
}
`;

/**
 * Writes a package as `npm pack` does. It depends on the `@trestle/model` that is in use here.
 *
 * @throws TRS_REGISTRY_NPM_NAME, TRS_REGISTRY_NPM_VERSION
 */
export async function writeNpm({ model, file, out, options }: ExportRequest) {
  const name = options.name ?? model.name.toLowerCase();
  const version = options.version ?? `0.0.${model.version}`;
  if (!NAME.test(name) || name.length > 214) throw badName(name);
  if (!VERSION.test(version)) throw badVersion(version);
  const bytes = await readFile(file);
  const opened = await openModel(bytes, { maxBytes: bytes.length });
  const manifest = {
    name,
    version,
    description: `The model ${model.name}@${model.version}, ready to predict.`,
    license: opened.metadata?.licence ?? 'UNLICENSED',
    type: 'module',
    exports: {
      '.': { types: './index.d.ts', node: './node.js', default: './page.js' },
      './model.onnx': './model.onnx',
    },
    sideEffects: false,
    engines: { node: '>=22.13' },
    dependencies: { '@trestle/model': await versionOfModelPackage() },
    trestle: { model: model.name, version: model.version, digest: model.digest },
  };
  const card = opened.card === '' ? `# ${model.name}@${model.version}\n` : opened.card;
  const use = `import { predict } from '${name}';\n\nconst [answer] = await predict([row]);`;
  const entries: readonly (readonly [string, string | Uint8Array])[] = [
    ['package.json', `${JSON.stringify(manifest, null, 2)}\n`],
    ['README.md', `${card.trimEnd()}\n\n## Use\n\n\`\`\`ts\n${use}\n\`\`\`\n`],
    ['index.d.ts', typesOf(opened)],
    ['model.onnx', bytes],
    ['node.js', NODE],
    ['opening.js', OPENING],
    ['page.js', PAGE],
  ];
  const tar = pack();
  const written = pipeline(tar, createGzip({ level: 9 }), createWriteStream(out, { flags: 'wx' }));
  for (const [entry, content] of entries)
    tar.entry({ name: `package/${entry}`, mtime: MTIME, mode: 0o644 }, Buffer.from(content));
  tar.finalize();
  await written;
  const handle = await open(out, 'r');
  await handle.sync().finally(() => handle.close());
  const digest = createHash('sha256')
    .update(await readFile(out))
    .digest('hex');
  return { digest, bytes: (await stat(out)).size };
}

/** Its manifest lies beside what it exports, and is not exported itself. */
async function versionOfModelPackage(): Promise<string> {
  const manifest = await readFile(new URL('../package.json', import.meta.resolve('@trestle/model')), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(manifest)).version;
}

const badName = (name: string) =>
  registryError('NPM_NAME', {
    kind: 'invalid',
    message: `"${name}" is no name of an npm package.`,
    hint: 'Use small letters, digits, dots, dashes and underscores: --option name=@team/churn.',
    details: { name },
  });

const badVersion = (version: string) =>
  registryError('NPM_VERSION', {
    kind: 'invalid',
    message: `"${version}" is no version of an npm package.`,
    hint: 'Write it as 1.2.3: --option version=1.2.3.',
    details: { version },
  });
