import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'apps', 'cli', 'bin', 'trestle.js');
const ROWS = 200;

/** A block of a guide's commands: what they printed, and what the guide says that they print (`…` stands for anything). */
export interface Typed {
  readonly printed: string;
  readonly says: RegExp;
}

/**
 * Types the commands of a guide in a folder that holds `plants.csv`, as a user does; a server that one of them starts stays up.
 *
 * @param path below `docs`
 * @returns each block of commands, and how the server ended when it was told to
 */
export async function typeGuide(
  path: string,
): Promise<{ readonly blocks: readonly Typed[]; readonly ended: readonly unknown[] }> {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-guide-'));
  const port = await freePort();
  const env = { ...process.env, TRESTLE_STORE__RESERVE_BYTES: '0' };
  const lines = Array.from({ length: ROWS }, (_, k) => {
    const height = (k * 7) % 60;
    return `${height},${k % 2 === 0 ? 'red' : 'blue'},${height > 30 ? 'tree' : 'herb'}`;
  });
  await writeFile(join(dir, 'plants.csv'), `height,colour,kind\n${lines.join('\n')}\n`);
  let server: ReturnType<typeof spawn> | undefined;

  const type = async (line: string): Promise<string> => {
    const typed = line
      .replaceAll('7070', String(port))
      .replace(/^node /, `"${process.execPath}" `)
      .replace(/^trestle/, `"${process.execPath}" "${bin}"`);
    if (line.startsWith('sleep ')) return await untilJudged(type, Number(line.slice('sleep '.length)));
    if (!line.startsWith('trestle serve'))
      return (await promisify(execFile)('bash', ['-c', typed], { cwd: dir, env })).stdout;
    server = spawn('bash', ['-c', `exec ${typed}`], { cwd: dir, env, stdio: ['ignore', 'pipe', 'inherit'] });
    if (server.stdout) await once(server.stdout, 'data');
    return '';
  };

  try {
    const guide = await readFile(join(root, 'docs', path), 'utf8');
    const parts = [...guide.matchAll(/```sh\n(.*?)```\s*```text\n(.*?)```/gs)];
    for (const [, name = '', script = ''] of guide.matchAll(/```js\n\/\/ (\S+\.mjs)\n(.*?)```/gs))
      await writeFile(join(dir, name), script.replaceAll('7070', String(port)));
    const blocks: Typed[] = [];
    let prediction = 'none';
    for (const [, commands = '', output = ''] of parts) {
      let printed = '';
      for (const line of commands.trim().split('\n'))
        printed += `${(await type(line.replace('"ID"', `"${prediction}"`))).trim()}\n`;
      prediction = /"id":"(p-[0-9a-f]+)"/.exec(printed)?.[1] ?? prediction;
      const says = new RegExp(`^${output.trim().split('…').map(escaped).join('.*')}`, 's');
      blocks.push({ printed: printed.trim(), says });
    }
    const ended = once(server ?? process, 'exit');
    server?.kill('SIGTERM');
    return { blocks, ended: await ended };
  } finally {
    server?.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  }
}

/** A machine that does other work besides takes longer than the guide says: until the rollout is over, or a minute has passed. */
async function untilJudged(type: (line: string) => Promise<string>, seconds: number): Promise<string> {
  for (let waited = 0; waited < 60; waited += seconds) {
    await setTimeout(1_000 * seconds);
    const { latest } = JSON.parse(await type('trestle deployment show plants --json'));
    if (latest.finishedAt !== undefined) break;
  }
  return '';
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
