import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';
import {
  findProjectDir,
  type Host,
  type Logger,
  localPrincipal,
  openHost,
  type Principal,
} from '@trestle/kernel';
import { jobsConfig, serverConfig } from '@trestle/server/config';
import { builtinPlugins } from './builtin-plugins.ts';
import { interruption } from './interruption.ts';
import { storeOfEnvironment } from './store-of-environment.ts';

/** Opens the project in `dir` (the nearest one upward from the current folder when left out) with all plugins. */
export async function openProject(
  dir?: string,
  options: { readonly log?: Logger; readonly holder?: string } = {},
): Promise<Host> {
  return await openHost({
    projectDir: dir ?? findProjectDir(process.cwd()),
    plugins: builtinPlugins,
    ...(await storeOfEnvironment(process.env)),
    sections: [serverConfig, jobsConfig],
    standardInput: spoolStandardInput,
    mustBeProject: true,
    ...options,
  });
}

/** Says that a folder has become a project: whoever meant another one sees it. */
export function sayBegun(host: Host): void {
  process.stderr.write(
    `A new project begins in ${host.project.dir}; its state is in ${host.project.stateDir}.\n`,
  );
}

const opened = new Map<string, Promise<Host>>();

/**
 * The project of this command line, opened once: its operations become the commands, and the one that was typed runs on the same
 * host.
 */
export function thisProject(dir?: string): Promise<Host> {
  const projectDir = resolve(dir ?? findProjectDir(process.cwd()));
  const host =
    opened.get(projectDir) ??
    openProject(projectDir).then((made) => ({
      ...made,
      async close() {
        opened.delete(projectDir);
        await made.close();
      },
    }));
  opened.set(projectDir, host);
  return host;
}

/** Whoever runs the command. */
export function localUser(): Principal {
  try {
    return localPrincipal(userInfo().username);
  } catch {
    // A container may run a user id that has no name.
    return localPrincipal(String(process.getuid?.() ?? 'unknown'));
  }
}

/** Standard input as a file, because readers seek and are run more than once. */
async function spoolStandardInput(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-stdin-'));
  process.on('exit', () => void rm(dir, { recursive: true, force: true }));
  const path = join(dir, 'stdin.jsonl');
  await pipeline(process.stdin, createWriteStream(path), { signal: interruption() });
  return path;
}
