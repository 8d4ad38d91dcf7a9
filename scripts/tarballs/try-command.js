import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { root } from '../root.js';

const run = promisify(execFile);

/**
 * Types what a newcomer types, with the command that was installed.
 *
 * @param {string} project where the command line is installed
 */
export async function tryCommand(project) {
  const bins = [join(project, 'node_modules', '.bin'), join(root, 'node_modules', '.bin')];
  const env = {
    ...process.env,
    PATH: `${bins.join(':')}:${process.env.PATH}`,
    TRESTLE_STORE__RESERVE_BYTES: '0',
  };
  /** @param {readonly string[]} args */
  const trestle = async (...args) => (await run('trestle', args, { cwd: project, env })).stdout;
  const version = await trestle('--version');
  if (!version.startsWith('@trestle/cli/')) throw new Error(`trestle --version says ${version}`);
  await trestle('init', 'x');
  writeFileSync(join(project, 'small.csv'), 'n,half\n1,0.5\n2,1\n');
  const added = JSON.parse(
    await trestle('data', 'add', 'small.csv', '--name', 'small', '--project', 'x', '--json'),
  );
  if (added.rows !== 2) throw new Error(`trestle data add says ${JSON.stringify(added)}`);
}
