import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../floors/workspace.js';
import { root } from '../root.js';
import { workspaceFolders } from '../workspace-folders.js';

/**
 * @typedef {object} Packed
 * @property {string} name
 * @property {string} folder relative to the checkout
 * @property {string} tarball its absolute path
 * @property {readonly string[]} files what it holds, relative to the package
 */

/**
 * Packs all packages that are published, in one go.
 *
 * @param {string} into a folder
 * @returns {readonly Packed[]}
 */
export function packAll(into) {
  const folders = workspaceFolders().filter((folder) => !readManifest(join(root, folder)).private);
  const args = ['pack', '--json', '--pack-destination', into, ...folders.flatMap((folder) => ['-w', folder])];
  const done = spawnSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (done.status !== 0) throw new Error(`npm pack failed: ${done.stderr}`);
  /** @type {Record<string, { name: string, filename: string, files: { path: string }[] }>} */
  const reports = JSON.parse(done.stdout);
  const folderOf = new Map(folders.map((folder) => [readManifest(join(root, folder)).name, folder]));
  // A list in npm 10 and 11, an object by name in later ones.
  return Object.values(reports).map(({ name, filename, files }) => ({
    name,
    folder: folderOf.get(name) ?? '',
    tarball: join(into, filename),
    files: files.map(({ path }) => path),
  }));
}

/**
 * What a tarball must not hold, or must.
 *
 * @param {Packed} packed
 * @returns {readonly string[]} what is wrong
 */
export function contentProblems({ folder, files }) {
  const held = new Set(files);
  return files
    .flatMap((file) => {
      if (/\.test\.|\.tsbuildinfo$/.test(file)) return [`holds ${file}, which is for us`];
      const text = readFileSync(join(root, folder, file), 'utf8');
      if (text.includes(root)) return [`${file} names a folder of this machine`];
      const map = /\/\/# sourceMappingURL=(?!data:)(\S+)\s*$/.exec(text)?.[1];
      if (map !== undefined && !held.has(join(file, '..', map)))
        return [`${file} points at a source map that is not there`];
      return file.endsWith('.map') && !text.includes('"sourcesContent"')
        ? [`${file} maps to sources that are not there`]
        : [];
    })
    .concat(files.includes('LICENSE') ? [] : ['holds no LICENSE, which Apache-2.0 asks for'])
    .concat(
      Object.keys(readManifest(join(root, folder)).scripts ?? {})
        .filter((script) => /^(pre|post)?install$/.test(script))
        .map((script) => `runs a script at ${script}`),
    );
}
