import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { Comparison, Ready, Suite, SuiteOptions, Target } from '../runner/comparison.ts';
import { median } from '../runner/median.ts';

const TRESTLE = join(import.meta.dirname, '..', '..', 'apps', 'cli', 'bin', 'trestle.js');

/** One whole process, from `spawn` to its end, in milliseconds. Throws when it does not end with 0. */
async function timeOf(args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = await once(child, 'close');
  const ms = performance.now() - startedAt;
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}: ${said.trim()}`);
  return ms;
}

/** The median of several processes: one start of a process swings by half. */
async function timeOfSeveral(args: readonly string[], count: number): Promise<{ readonly ms: number }> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) times.push(await timeOf(args));
  return { ms: median(times) };
}

/** A project with one small dataset, so that `data list` has something to list. */
async function listingSide(count: number): Promise<Ready> {
  const folder = await mkdtemp(join(tmpdir(), 'trestle-bench-cli-'));
  const project = join(folder, 'project');
  await timeOf([TRESTLE, 'init', project]);
  const rows = Array.from({ length: 100 }, (_, n) => `${n},${n % 7}`);
  await writeFile(join(folder, 'numbers.csv'), ['n,remainder', ...rows, ''].join('\n'));
  await timeOf([
    TRESTLE,
    'data',
    'add',
    join(folder, 'numbers.csv'),
    '--name',
    'numbers',
    '--project',
    project,
  ]);
  return {
    measure: () => timeOfSeveral([TRESTLE, 'data', 'list', '--project', project], count),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

function comparison(name: string, ours: Comparison['ours'], count: number, target?: Target): Comparison {
  return {
    rows: [{ name, reading: 'ms', unit: 'ms', better: 'lower', ...(target === undefined ? {} : { target }) }],
    ours,
    peers: { 'node -e 0': () => ({ measure: () => timeOfSeveral(['-e', '0'], count) }) },
  };
}

export const suite: Suite = {
  summary: 'how long a command takes as a whole process, against a Node that does nothing',
  comparisons({ isQuick }: SuiteOptions) {
    const count = isQuick ? 3 : 9;
    const command =
      (...args: string[]) =>
      () => ({ measure: () => timeOfSeveral([TRESTLE, ...args], count) });
    return [
      comparison('trestle --version', command('--version'), count, { over: 'node -e 0', atMost: 3 }),
      comparison('trestle --help', command('--help'), count),
      comparison('trestle data list', () => listingSide(count), count),
    ];
  },
};
