import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { dataError } from '../data-error.ts';

/** Also finds what stands in a comment: at worst a step runs once more than it had to. */
const IMPORTS = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(['"])([^'"\n]+)\1/g;
const ENDINGS = ['', '.ts', '.mts', '.js', '.mjs', '.json', '/index.ts', '/index.js'];

/**
 * SHA-256 of a module and of everything that it imports: local files by their content, packages by their version.
 *
 * @throws TRS_DATA_STEP_MODULE when the module is not there
 */
export async function codeDigest(projectDir: string, module: string): Promise<string> {
  const entry = await fileAt(resolve(projectDir, module));
  if (entry === undefined) {
    throw dataError('STEP_MODULE', {
      kind: 'invalid',
      message: `There is no module "${module}".`,
      hint: `A step's module is a file relative to ${projectDir}.`,
      details: { module },
    });
  }
  const files = new Map<string, string>();
  const packages = new Set<string>();
  const queue = [entry];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue;
    const text = await readFile(file, 'utf8');
    files.set(file, createHash('sha256').update(text).digest('hex'));
    for (const [, , specifier = ''] of text.matchAll(IMPORTS)) {
      if (specifier.startsWith('.') || specifier.startsWith('/')) {
        const found = await fileAt(resolve(dirname(file), specifier));
        if (found !== undefined) queue.push(found);
      } else if (!specifier.startsWith('node:')) {
        packages.add(await packageVersion(dirname(file), specifier));
      }
    }
  }
  const hash = createHash('sha256');
  const lines = [...files].map(([file, digest]) => `${relative(projectDir, file)} ${digest}`);
  for (const line of [...lines.sort(), ...[...packages].sort()]) hash.update(`${line}\n`);
  return hash.digest('hex');
}

async function fileAt(path: string): Promise<string | undefined> {
  // `./x.js` may be written for `./x.ts`.
  const candidates = [...ENDINGS.map((ending) => path + ending), path.replace(/\.([cm]?)js$/, '.$1ts')];
  for (const candidate of candidates) {
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isFile()) return candidate;
  }
  return undefined;
}

/** `name@version` of the package that a specifier names, found as Node does: in node_modules, upward. */
async function packageVersion(from: string, specifier: string): Promise<string> {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  for (let dir = from; ; dir = dirname(dir)) {
    const manifest = join(dir, 'node_modules', name, 'package.json');
    if (existsSync(manifest)) {
      const { version } = JSON.parse(await readFile(manifest, 'utf8'));
      return `${name}@${version}`;
    }
    if (dir === dirname(dir)) return `${name}@unknown`;
  }
}
