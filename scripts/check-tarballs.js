// `npm run tarballs`: each package, as it would be published, installs alone into an empty project and works there.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setUp } from './set-up.js';
import { contentProblems, packAll } from './tarballs/pack.js';
import { tryCommand } from './tarballs/try-command.js';
import { tryPackage } from './tarballs/try-package.js';

/** @import { Packed } from './tarballs/pack.js' */

const AT_ONCE = 2;

/**
 * @param {Packed} packed
 * @param {readonly Packed[]} all
 * @param {string} work
 */
async function check(packed, all, work) {
  const project = join(work, packed.name.replace('/', '+'));
  const began = performance.now();
  const problems = [...contentProblems(packed)];
  try {
    await tryPackage(packed, all, project);
    if (packed.name === '@trestle/cli') await tryCommand(project);
  } catch (thrown) {
    const said = thrown instanceof Error && 'stderr' in thrown ? `\n${thrown.stderr}` : '';
    problems.push(`${thrown instanceof Error ? thrown.message : thrown}${said}`);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stdout.write(`${problems.length === 0 ? 'works' : 'FAILS'} ${packed.name} (${seconds} s)\n`);
  for (const problem of problems) process.stdout.write(`  ${problem}\n`);
  return problems.length;
}

setUp();
const work = mkdtempSync(join(tmpdir(), 'trestle-tarballs-'));
try {
  const all = packAll(work);
  const queue = [...all];
  let problems = 0;
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) problems += await check(next, all, work);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  process.stdout.write(`tarballs: ${all.length} packages, ${problems} problems\n`);
  process.exitCode = problems === 0 ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
