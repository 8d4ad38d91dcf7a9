// `npm run types`: every package's own build, then what no package builds (tests beside the sources of none, scripts,
// benchmarks), then the proof that each TypeScript file of ours was among them.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { root } from './root.js';
import { setUp } from './set-up.js';
import { workspaceFolders } from './workspace-folders.js';

const tsc = join(root, 'node_modules', '.bin', 'tsc');
const IGNORED = new Set(['node_modules', 'dist', '.turbo', '.git', 'fixtures']);

/** @param {readonly string[]} args */
function compile(args) {
  const done = spawnSync(tsc, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (done.error) throw done.error;
  return { ok: done.status === 0, output: done.stdout };
}

/**
 * All TypeScript files below a folder.
 *
 * @param {string} folder
 * @returns {readonly string[]}
 */
function typeScriptFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (IGNORED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return typeScriptFiles(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

/**
 * The files that a project names, without compiling them once more.
 *
 * @param {string} project
 * @returns {readonly string[]}
 */
function filesOf(project) {
  const { files = [] } = JSON.parse(compile(['-p', project, '--showConfig']).output);
  return files.map((/** @type {string} */ file) => resolve(root, dirname(project), file));
}

setUp();
const rest = compile(['-p', 'tsconfig.json']);
process.stdout.write(rest.output);

const projects = ['tsconfig.json', ...workspaceFolders().map((folder) => join(folder, 'tsconfig.json'))];
const checked = new Set(projects.filter((project) => existsSync(join(root, project))).flatMap(filesOf));
const forgotten = typeScriptFiles(root).filter((file) => !checked.has(file));
for (const file of forgotten) {
  process.stdout.write(
    `${relative(root, file)}: no tsconfig.json includes it, so nothing checks its types.\n`,
  );
}
process.stdout.write(`types: ${checked.size} files in ${projects.length} projects\n`);
process.exitCode = rest.ok && forgotten.length === 0 ? 0 : 1;
