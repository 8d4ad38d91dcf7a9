import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { readManifest } from '../floors/workspace.js';
import { root } from '../root.js';

/** @import { Packed } from './pack.js' */

const run = promisify(execFile);
const bin = join(root, 'node_modules', '.bin');
const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };

/**
 * Installs one package into an empty project, compiles a call of it against its declarations, and runs the call.
 *
 * @param {Packed} packed
 * @param {readonly Packed[]} all
 * @param {string} project a folder that is not there yet
 */
export async function tryPackage(packed, all, project) {
  await install(packed, all, project);
  await everyEntryIsThere(packed, project);
  const call = callOf(packed);
  if (call === undefined) return;
  writeFileSync(join(project, 'call.ts'), call);
  await compile(project);
  await run('node', ['call.ts'], { cwd: project, env });
}

/**
 * @param {Packed} packed
 * @param {readonly Packed[]} all
 * @param {string} project
 */
async function install(packed, all, project) {
  mkdirSync(project, { recursive: true });
  // None of them is in a registry yet: what it needs of ours comes from the tarballs too.
  const overrides = Object.fromEntries(all.map(({ name, tarball }) => [name, `file:${tarball}`]));
  const manifest = { name: 'empty', private: true, type: 'module', overrides };
  const dependencies = { ...requiredPeers(packed), [packed.name]: `file:${packed.tarball}` };
  writeFileSync(join(project, 'package.json'), JSON.stringify({ ...manifest, dependencies }));
  const args = [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--loglevel=error',
  ];
  await run('npm', args, { cwd: project, env });
}

/**
 * What its user has already, in the version that we test with: some npm settings leave peers to the user. Those of ours come by
 * themselves.
 *
 * @param {Packed} packed
 * @returns {Readonly<Record<string, string>>}
 */
function requiredPeers({ folder }) {
  const { peerDependencies = {}, peerDependenciesMeta = {} } = readManifest(join(root, folder));
  const tools = readManifest(root).devDependencies ?? {};
  const required = Object.entries(peerDependencies).filter(
    ([name]) => !peerDependenciesMeta[name]?.optional && !name.startsWith('@trestle/'),
  );
  return Object.fromEntries(required.map(([name, range]) => [name, tools[name] ?? range]));
}

/**
 * @param {Packed} packed
 * @param {string} project
 */
async function everyEntryIsThere({ name, folder }, project) {
  const entries = Object.keys(readManifest(join(root, folder)).exports ?? {}).map(
    (entry) => name + entry.slice(1),
  );
  const code = `import { existsSync } from 'node:fs'; import { fileURLToPath } from 'node:url';
    for (const entry of ${JSON.stringify(entries)})
      if (!existsSync(fileURLToPath(import.meta.resolve(entry)))) throw new Error(entry + ' is not there');
    ${entries.includes(name) ? `await import('${name}');` : ''}`;
  await run('node', ['--input-type=module', '-e', code], { cwd: project, env });
}

/**
 * What the call is: a file of ours, or the first example of the README.
 *
 * @param {Packed} packed
 */
function callOf({ name, folder }) {
  const own = join(import.meta.dirname, 'calls', `${name.slice('@trestle/'.length)}.ts`);
  if (existsSync(own)) return readFileSync(own, 'utf8');
  const readme = join(root, folder, 'README.md');
  return existsSync(readme) ? /```ts\n(.*?)```/s.exec(readFileSync(readme, 'utf8'))?.[1] : undefined;
}

/** @param {string} project */
async function compile(project) {
  copyFileSync(join(root, 'tsconfig.base.json'), join(project, 'tsconfig.base.json'));
  const typeRoots = [join(root, 'node_modules', '@types')];
  const compilerOptions = {
    noEmit: true,
    skipLibCheck: false,
    typeRoots,
    lib: ['es2024', 'esnext.disposable', 'dom'],
  };
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ extends: './tsconfig.base.json', compilerOptions, files: ['call.ts'] }),
  );
  const done = await run(join(bin, 'tsc'), ['-p', '.'], { cwd: project, env }).catch((failed) => failed);
  // Declarations of others are theirs to mend; ours, and the call, must be right.
  const ours = String(done.stdout)
    .split('\n')
    .filter((line) => /^(?:call\.ts|node_modules\/@trestle\/)/.test(line));
  if (ours.length > 0) throw new Error(`its types are wrong:\n${ours.join('\n')}`);
}
