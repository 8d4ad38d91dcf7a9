import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

export const TRESTLE = join(import.meta.dirname, '..', '..', 'apps', 'cli', 'bin', 'trestle.js');

export interface ServedProject {
  readonly dir: string;
  /** Runs a command in it. */
  trestle(...args: readonly string[]): Promise<unknown>;
  remove(): Promise<void>;
}

export const NAME = 'churn';
export const MODEL = `${NAME}@1`;
/** A row as a client sends it. */
export const ROW = {
  plan: 'free',
  country: 'DE',
  seats: 1,
  hours_per_week: 1.5,
  tickets: 3,
  discount: false,
};
export const BODY = JSON.stringify({ rows: [ROW] });

/** The sample project with a small neural network that is deployed. */
export async function servedProject(): Promise<ServedProject> {
  const folder = await mkdtemp(join(tmpdir(), 'trestle-bench-serving-'));
  const dir = join(folder, 'project');
  const trestle = async (...args: readonly string[]): Promise<unknown> => {
    const { stdout } = await promisify(execFile)(process.execPath, [TRESTLE, ...args, '--json'], {
      cwd: folder,
    });
    return JSON.parse(stdout);
  };
  const inProject = (...args: readonly string[]) => trestle(...args, '--project', dir);
  await trestle('init', dir);
  await inProject('data', 'add', join(dir, 'data', 'customers.csv'), '--name', 'customers');
  await inProject(
    ...['train', '--data', 'customers', '--target', 'churned', '--time-column', 'signed_up'],
    ...['--exclude', 'customer', '--estimator', 'mlp', '--register', NAME],
  );
  await inProject('model', 'promote', NAME, '1', '--alias', 'champion');
  await inProject('deploy', `${NAME}@champion`, '--name', NAME);
  return { dir, trestle: inProject, remove: () => rm(folder, { recursive: true, force: true }) };
}
