import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

vi.setConfig({ testTimeout: 180_000 });

const root = fileURLToPath(new URL('../../..', import.meta.url));
const bin = join(root, 'apps', 'cli', 'bin', 'trestle.js');
const run = promisify(execFile);

let dir: string;
let port: number;
const ending: (() => Promise<void>)[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trestle-walk-'));
  port = await freePort();
});
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
  await rm(dir, { recursive: true, force: true });
});

describe('what a README tells a newcomer to type', () => {
  it('works in the README of the repository', async () => {
    const [, example = '', client = ''] = shellBlocks(await readFile(join(root, 'README.md'), 'utf8'));
    const outputs = await type([...commands(example), ...commands(client)], dir);
    expect(outputs.find((output) => output.includes('"predictions"'))).toContain('"label"');
    expect(outputs.at(-1)).toContain('file:');
  });

  it('works in the README of a new project', async () => {
    await run(process.execPath, [bin, 'init', dir]);
    const blocks = shellBlocks(await readFile(join(dir, 'README.md'), 'utf8'));
    const outputs = await type(blocks.flatMap(commands), dir);
    expect(outputs.find((output) => output.includes('"predictions"'))).toContain('"label"');
    expect(outputs.at(-1)).toContain('SQLite');
  });
});

/** Types the lines in a shell of the folder; a server stays up for the lines behind it. */
async function type(lines: readonly string[], cwd: string): Promise<string[]> {
  const outputs: string[] = [];
  for (const line of lines) {
    const typed = line
      .replaceAll('7070', String(port))
      .replace(/^(npx )?trestle /, `"${process.execPath}" "${bin}" `);
    if (/^(npx )?trestle serve/.test(line)) {
      await serve(`${typed} --port ${port}`, cwd);
    } else {
      outputs.push((await run('bash', ['-c', typed], { cwd })).stdout);
    }
  }
  return outputs;
}

async function serve(command: string, cwd: string): Promise<void> {
  const server = spawn('bash', ['-c', `exec ${command}`], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  ending.push(async () => {
    server.kill();
    if (server.exitCode === null) await once(server, 'exit');
  });
  for await (const text of server.stdout.setEncoding('utf8')) if (String(text).includes('http://')) return;
  throw new Error(`"${command}" ended before it listened.`);
}

const shellBlocks = (markdown: string): string[] =>
  [...markdown.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block ?? '');

/** One command a line, without the comment behind it; a quote that stays open goes on in the next line. */
const commands = (block: string): string[] =>
  block
    .replaceAll(/\s+# .*$/gm, '')
    .split(/\n(?=(?:npx|trestle|curl))/)
    .map((line) => line.trim())
    .filter((line) => line !== '');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('No port was given.');
  return address.port;
}
