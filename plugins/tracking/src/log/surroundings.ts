import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, realpath } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

const MAX_DIFF_BYTES = 4 * 2 ** 20;
const MAX_NAMED_FILES = 100;

/** Which code a script is, and where it runs: what is needed to say why another run came out otherwise. */
export interface Surroundings {
  readonly code: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string>>;
  /** What differs from the commit, as a patch; undefined where nothing does, or there is no commit. */
  readonly diff: string | undefined;
}

const git = async (dir: string, ...args: readonly string[]): Promise<string | undefined> => {
  try {
    const options = { cwd: dir, maxBuffer: MAX_DIFF_BYTES, timeout: 5_000 };
    return (await promisify(execFile)('git', args, options)).stdout.trimEnd();
  } catch {
    // No git, no repository, no commit yet, or a difference that is too large.
    return undefined;
  }
};

/** Looks at the script that runs. Its arguments and the variables of the environment are left out: they may be secret. */
export async function surroundings(): Promise<Surroundings> {
  const [, typed] = process.argv;
  const script = typed === undefined ? undefined : await realpath(typed).catch(() => undefined);
  const dir = script === undefined ? process.cwd() : dirname(script);
  const [root, commit, status] = await Promise.all([
    git(dir, 'rev-parse', '--show-toplevel'),
    git(dir, 'rev-parse', 'HEAD'),
    git(dir, 'status', '--porcelain', '--untracked-files=normal'),
  ]);
  const changed = (status ?? '').split('\n').filter((line) => line !== '');
  const diff = commit !== undefined && changed.length > 0 ? await git(dir, 'diff', 'HEAD') : undefined;
  const lockFile = await lockFileDigest(dir);
  return {
    code: {
      ...(script === undefined ? {} : { script: root === undefined ? script : relative(root, script) }),
      ...(commit === undefined ? {} : { commit, isChanged: changed.length > 0 }),
      ...(commit !== undefined && changed.length > 0
        ? { changed: changed.slice(0, MAX_NAMED_FILES), changedFiles: changed.length }
        : {}),
    },
    environment: {
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      cores: String(availableParallelism()),
      memoryBytes: String(totalmem()),
      ...(lockFile === undefined ? {} : { lockFile }),
    },
    diff: diff === '' ? undefined : diff,
  };
}

const LOCK_FILES = ['package-lock.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock'];

/** `package-lock.json sha256:…` of the nearest folder upward that has one. */
async function lockFileDigest(from: string): Promise<string | undefined> {
  for (let dir = from; ; dir = dirname(dir)) {
    for (const name of LOCK_FILES) {
      const content = await readFile(join(dir, name)).catch(() => undefined);
      if (content) return `${name} sha256:${createHash('sha256').update(content).digest('hex')}`;
    }
    if (dirname(dir) === dir) return undefined;
  }
}
