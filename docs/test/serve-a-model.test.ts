import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'apps', 'cli', 'bin', 'trestle.js');
const ROWS = 200;

describe('the guide to serving a model', () => {
  let dir: string;
  let port: number;
  let server: ReturnType<typeof spawn> | undefined;
  const env = { ...process.env, TRESTLE_STORE__RESERVE_BYTES: '0' };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-guide-'));
    port = await freePort();
    const lines = Array.from({ length: ROWS }, (_, k) => {
      const height = (k * 7) % 60;
      return `${height},${k % 2 === 0 ? 'red' : 'blue'},${height > 30 ? 'tree' : 'herb'}`;
    });
    await writeFile(join(dir, 'plants.csv'), `height,colour,kind\n${lines.join('\n')}\n`);
  });
  afterAll(async () => {
    server?.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  });

  /** Runs a line of the guide as a user types it; the server stays up. */
  async function type(line: string): Promise<string> {
    const typed = line.replaceAll('7070', String(port)).replace(/^trestle/, `"${process.execPath}" "${bin}"`);
    if (!line.startsWith('trestle serve')) {
      return (await promisify(execFile)('bash', ['-c', typed], { cwd: dir, env })).stdout;
    }
    server = spawn('bash', ['-c', `exec ${typed}`], { cwd: dir, env, stdio: ['ignore', 'pipe', 'inherit'] });
    if (server.stdout) await once(server.stdout, 'data');
    return '';
  }

  it('has commands that print what it says, and a server that ends as it says', async () => {
    const guide = await readFile(join(root, 'docs', 'guides', 'serve-a-model.md'), 'utf8');
    const parts = [...guide.matchAll(/```sh\n(.*?)```\s*```text\n(.*?)```/gs)];
    expect(parts.length).toBe(8);
    let prediction = 'none';
    for (const [, commands = '', output = ''] of parts) {
      let printed = '';
      for (const line of commands.trim().split('\n'))
        printed += `${(await type(line.replace('"ID"', `"${prediction}"`))).trim()}\n`;
      prediction = /"id":"(p-[0-9a-f]+)"/.exec(printed)?.[1] ?? prediction;
      // `…` stands for anything, also at the end.
      expect(printed.trim()).toMatch(new RegExp(`^${output.trim().split('…').map(escaped).join('.*')}`, 's'));
    }
    const ended = once(server ?? process, 'exit');
    server?.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
