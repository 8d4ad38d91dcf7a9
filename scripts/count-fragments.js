// `node scripts/count-fragments.js [PACKAGE…]`: how large our source files are, and which of them are paragraphs of another: under 60
// lines, with exactly one importer that loads them at once. Those of the packages that are named are listed.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import process from 'node:process';
import { readImports } from './floors/read-imports.js';
import { isTestOrTool, readWorkspace } from './floors/workspace.js';
import { root } from './root.js';

const SHORT_LINES = 60;
const named = process.argv.slice(2);

const packages = readWorkspace(root).filter(({ folder }) => folder !== 'benchmarks');
const files = packages.flatMap(({ folder, files }) =>
  files
    .filter((file) => file.startsWith(`${folder}/src/`) && !isTestOrTool(file))
    .map((file) => ({ file, folder, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 })),
);
/** @type {Map<string, { readonly file: string, readonly isLazy: boolean }[]>} */
const importers = new Map();
for (const { file } of files)
  for (const { specifier, kind } of readImports(join(root, file))) {
    if (!specifier.startsWith('.')) continue;
    const target = posix.join(posix.dirname(file), specifier);
    importers.set(target, [...(importers.get(target) ?? []), { file, isLazy: kind === 'lazy' }]);
  }

/** @param {string} file the one that imports a file, if it is one and loads it at once */
function onlyImporter(file) {
  const all = importers.get(file) ?? [];
  const [first] = all;
  const isOne = first !== undefined && all.every((one) => one.file === first.file);
  return isOne && all.some(({ isLazy }) => !isLazy) && !first.file.endsWith('/index.ts')
    ? first.file
    : undefined;
}

const fragments = files.flatMap(({ file, folder, lines }) => {
  const importer = lines < SHORT_LINES ? onlyImporter(file) : undefined;
  return importer === undefined ? [] : [{ file, folder, lines, importer }];
});
const sorted = files.map(({ lines }) => lines).sort((a, b) => a - b);
const sum = sorted.reduce((all, lines) => all + lines, 0);
const share = (/** @type {number} */ of, /** @type {number} */ all) => `${((100 * of) / all).toFixed(1)} %`;

for (const { file, lines, importer, folder } of fragments)
  if (named.some((name) => folder.endsWith(name))) process.stdout.write(`${lines}\t${file}\t${importer}\n`);
for (const { folder } of packages) {
  const all = files.filter((one) => one.folder === folder);
  const short = fragments.filter((one) => one.folder === folder);
  if (all.length === 0) continue;
  const total = all.reduce((lines, one) => lines + one.lines, 0);
  process.stdout.write(
    `${folder}: ${all.length} files, ${total} lines, ${short.length} fragments (${share(short.length, all.length)})\n`,
  );
}
process.stdout.write(
  `in all: ${files.length} files, ${sum} lines, median ${sorted[Math.floor(sorted.length / 2)]}, largest ${sorted.at(-1)}, ${fragments.length} fragments (${share(fragments.length, files.length)})\n`,
);
