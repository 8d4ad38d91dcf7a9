import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'apps', 'cli', 'bin', 'trestle.js');

/** A page of the docs as whoever follows it has it: its files in a folder, to be compiled and run. */
export interface Guide {
  readonly dir: string;
  /** What the compiler says against some of its files. */
  types(files: readonly string[]): Promise<string>;
  /** What its commands print; a server that one of them starts is there for those behind it. */
  printed(): Promise<string>;
  /** What it says that they print. */
  readonly says: RegExp;
  remove(): Promise<void>;
}

/**
 * @param path below `docs`, `guides/write-a-plugin.md`
 * @param sessions how many of its blocks of commands, each with what it prints, are run one behind the other
 */
export async function openGuide(path: string, sessions = 1): Promise<Guide> {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-guide-'));
  const text = await readFile(join(root, 'docs', path), 'utf8');
  const blocks = (language: string): readonly string[] =>
    [...text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, block]) => block ?? '');
  await writeFile(join(dir, 'package.json'), '{"type": "module"}');
  await mkdir(join(dir, 'node_modules', '@trestle'), { recursive: true });
  const packages = [
    'kernel',
    'contracts',
    'features',
    'model',
    'onnx',
    'store',
    'store-postgres',
    'store-s3',
    'tables',
    'testing',
  ];
  for (const name of packages)
    await symlink(join(root, 'packages', name), join(dir, 'node_modules', '@trestle', name));
  for (const name of ['zod', 'vitest'])
    await symlink(join(root, 'node_modules', name), join(dir, 'node_modules', name));
  for (const name of ['data', 'tracking', 'training'])
    await symlink(join(root, 'plugins', name), join(dir, 'node_modules', '@trestle', `plugin-${name}`));
  for (const block of [...blocks('ts'), ...blocks('js'), ...blocks('py')]) {
    const [, file] = /^(?:\/\/|#) (\S+)\n/.exec(block) ?? [];
    if (file === undefined)
      throw new RangeError(`A block without the name of its file: ${block.slice(0, 60)}`);
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), block);
  }
  return {
    dir,
    says: new RegExp(
      `^${blocks('text')
        .slice(0, sessions)
        .flatMap((block) => block.trim().split('…'))
        .map(escaped)
        .join('.*')}$`,
      's',
    ),
    async types(files) {
      const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
      const modules = ['--module', 'nodenext', '--target', 'es2023', '--allowImportingTsExtensions'];
      const types = [
        '--skipLibCheck',
        '--types',
        'node',
        '--typeRoots',
        join(root, 'node_modules', '@types'),
      ];
      const tsc = join(root, 'node_modules', '.bin', 'tsc');
      const { stdout } = await run(tsc, [...options, ...modules, ...types, ...files], { cwd: dir });
      return stdout;
    },
    async printed() {
      const port = await freePort();
      const env = { ...process.env, TRESTLE_STORE__RESERVE_BYTES: '0' };
      const outputs: string[] = [];
      const servers: ReturnType<typeof spawn>[] = [];
      const lines = blocks('sh')
        .slice(0, sessions)
        .flatMap((block) => block.trim().split('\n'));
      for (const line of lines) {
        const typed = line
          .replaceAll('7070', String(port))
          .replace(/^trestle/, `"${process.execPath}" "${bin}"`);
        if (line.startsWith('trestle serve')) {
          const options = { cwd: dir, env, stdio: ['ignore', 'pipe', 'inherit'] as const };
          const server = spawn('bash', ['-c', `exec ${typed}`], { ...options, stdio: [...options.stdio] });
          servers.push(server);
          if (server.stdout) await once(server.stdout, 'data');
        } else outputs.push((await run('bash', ['-c', typed], { cwd: dir, env })).stdout);
      }
      for (const server of servers) {
        server.kill();
        await once(server, 'exit');
      }
      return outputs.join('').trim();
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
