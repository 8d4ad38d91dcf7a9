import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'apps', 'cli', 'bin', 'trestle.js');

describe('the guide to writing a plugin', () => {
  let dir: string;
  let guide: string;
  const blocks = (language: string): readonly string[] =>
    [...guide.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, block]) => block ?? '');

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-guide-'));
    guide = await readFile(join(root, 'docs', 'guides', 'write-a-plugin.md'), 'utf8');
    await writeFile(join(dir, 'package.json'), '{"type": "module"}');
    await mkdir(join(dir, 'node_modules', '@trestle'), { recursive: true });
    await symlink(join(root, 'packages', 'kernel'), join(dir, 'node_modules', '@trestle', 'kernel'));
    await symlink(join(root, 'node_modules', 'zod'), join(dir, 'node_modules', 'zod'));
    for (const block of blocks('ts')) {
      const [, path] = /^\/\/ (\S+)\n/.exec(block) ?? [];
      expect(path, `a block without the name of its file: ${block.slice(0, 60)}`).toBeDefined();
      await mkdir(dirname(join(dir, path ?? '')), { recursive: true });
      await writeFile(join(dir, path ?? ''), block);
    }
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('has types that hold', async () => {
    const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
    const modules = [
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--allowImportingTsExtensions',
      '--skipLibCheck',
    ];
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules', '@types')];
    const tsc = join(root, 'node_modules', '.bin', 'tsc');
    const files = [join('tides', 'index.ts'), join('tides', 'index.test.ts')];
    const { stdout } = await run(tsc, [...options, ...modules, ...types, ...files], { cwd: dir });
    expect(stdout).toBe('');
  });

  it('has a test that passes', async () => {
    const { stdout } = await run(process.execPath, ['--test', join(dir, 'tides', 'index.test.ts')], {
      cwd: dir,
    });
    expect(stdout).toMatch(/pass 1\n/);
  });

  it('has commands that print what it says', async () => {
    const port = await freePort();
    const outputs: string[] = [];
    const servers: ReturnType<typeof spawn>[] = [];
    for (const line of (blocks('sh')[0] ?? '').trim().split('\n')) {
      const typed = line
        .replaceAll('7070', String(port))
        .replace(/^trestle/, `"${process.execPath}" "${bin}"`);
      const env = { ...process.env, TRESTLE_STORE__RESERVE_BYTES: '0' };
      if (line.startsWith('trestle serve')) {
        const server = spawn('bash', ['-c', `exec ${typed}`], {
          cwd: dir,
          env,
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        servers.push(server);
        await once(server.stdout, 'data');
      } else outputs.push((await run('bash', ['-c', typed], { cwd: dir, env })).stdout);
    }
    for (const server of servers) {
      server.kill();
      await once(server, 'exit');
    }
    const expected = blocks('text')[0] ?? '';
    const pattern = expected.trim().split('…').map(escaped).join('.*');
    expect(outputs.join('').trim()).toMatch(new RegExp(`^${pattern}$`, 's'));
  });

  it('has a schedule that calls its operation, whose event reaches its subscriber', async () => {
    const { default: tides } = await import(pathToFileURL(join(dir, 'tides', 'index.ts')).href);
    const [hourly] = tides.schedules;
    const lines: string[] = [];
    const log = {
      debug() {},
      warn() {},
      info: (message: string, facts?: object) => void lines.push(message + JSON.stringify(facts)),
    };
    const project = await temporaryProject();
    const host = await project.open([{ ...tides, schedules: [{ ...hourly, every: 50 }] }], { log });
    await host.start();
    await expect.poll(() => lines, { timeout: 10_000 }).toContain('the water was checked{"by":"system"}');
    await project.remove();
  });
});

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
