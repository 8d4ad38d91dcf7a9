import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const manyCommands = fileURLToPath(new URL('many-commands.test.child.ts', import.meta.url));
const bin = fileURLToPath(new URL('../bin/trestle.js', import.meta.url));

/** A file of the `vega-datasets` package. */
export const vega = (name: string): string =>
  join(dirname(fileURLToPath(import.meta.resolve('vega-datasets'))), '..', 'data', name);

export interface Ended {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What comes on standard input; nothing, and no terminal, when left out. */
  readonly input?: string;
  /** A command that starts it, such as one that takes privileges away. */
  readonly launcher?: readonly string[];
}

/** A started `trestle`: a process of its own, without a terminal. */
export function start(args: readonly string[], { cwd, env, input, launcher = [] }: RunOptions = {}) {
  const [command = process.execPath, ...before] = [...launcher, process.execPath];
  const child = spawn(command, [...before, bin, ...args], {
    cwd,
    env: { ...withoutOurs(process.env), ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  if (input !== undefined) child.stdin?.end(input);
  const ended = once(child, 'close').then(([code]): Ended => ({ code, stdout, stderr }));
  return {
    child,
    ended,
    /** Waits until standard output matches, and gives the match. */
    async says(pattern: RegExp): Promise<RegExpExecArray> {
      while (child.exitCode === null) {
        const match = pattern.exec(stdout);
        if (match) return match;
        await Promise.race([once(child.stdout ?? child, 'data'), ended]);
      }
      throw new Error(`It ended without saying ${pattern}: ${stdout}${stderr}`);
    },
  };
}

/** Settings of whoever runs the tests have no say in them. */
const withoutOurs = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(TRESTLE_|FORCE_COLOR|NO_COLOR|CLICOLOR)/.test(name)),
  );

export const trestle = (args: readonly string[], options?: RunOptions): Promise<Ended> =>
  start(args, options).ended;

/** One of many command lines, and the folder in which it is typed. */
export interface Line {
  readonly args: readonly string[];
  readonly cwd: string;
}

/** Runs command lines one after the other in one process, and tells how each ended. */
export async function runAll(lines: readonly Line[]): Promise<readonly Ended[]> {
  const child = spawn(process.execPath, [manyCommands], {
    env: withoutOurs(process.env),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(lines));
  const told = await text(child.stdout);
  const ends = told.split('\n').filter((line) => line !== '');
  if (ends.length !== lines.length) throw new Error(`Ended at line ${ends.length}: ${told.slice(-1_000)}`);
  return ends.map((end) => JSON.parse(end));
}

export interface Project {
  readonly dir: string;
  readonly path: (name: string) => string;
  readonly write: (name: string, content: string | Uint8Array) => Promise<string>;
  readonly run: (...args: string[]) => Promise<Ended>;
  /** Runs with `--json`; the one document on standard output, whatever the exit code. */
  readonly json: (...args: string[]) => Promise<Document>;
  readonly remove: () => Promise<void>;
}

/** A JSON document of any form: tests say what they expect of it. */
// biome-ignore lint/suspicious/noExplicitAny: the expectations are the types here
export type Document = any;

export async function makeProject(config = '{}'): Promise<Project> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'trestle-cli-')));
  await writeFile(join(dir, 'trestle.config.json'), config);
  const path = (name: string): string => join(dir, name);
  const run = (...args: string[]): Promise<Ended> => trestle(args, { cwd: dir });
  return {
    dir,
    path,
    run,
    async write(name, content) {
      await writeFile(path(name), content);
      return path(name);
    },
    async json(...args) {
      const { stdout, stderr } = await run(...args, '--json');
      try {
        return JSON.parse(stdout);
      } catch (cause) {
        throw new Error(`trestle ${args.join(' ')} printed no single document: ${stdout}${stderr}`, {
          cause,
        });
      }
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

/** What a failed `--json` command said, with its exit code. */
export async function failure(project: Project, ...args: string[]) {
  const { code, stdout, stderr } = await project.run(...args, '--json');
  const { error } = JSON.parse(stdout);
  // A person's error and a stack trace have no place beside the document.
  if (/\n\s+at /.test(stderr)) throw new Error(`A stack trace: ${stderr}`);
  return { exit: code, code: error.code, message: error.message, hint: error.hint, details: error.details };
}

/** Rows in which the label follows x: quick to learn from. */
export const labelled = (rows: number): string =>
  `x,group,label,day\n${Array.from({ length: rows }, (_, i) => {
    const x = ((i * 37) % 100) / 50 - 1;
    const day = new Date(Date.UTC(2020, 0, 1 + i)).toISOString().slice(0, 10);
    return `${x},${i % 3 === 0 ? 'a' : 'b'},${x + ((i * 13) % 10) / 40 > 0.1 ? 'yes' : 'no'},${day}`;
  }).join('\n')}\n`;
