import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import { checkManifest } from './check-manifests.js';
import { checkPure } from './check-pure.js';
import { checkTold } from './check-told.js';
import { findCircle } from './find-circle.js';
import { MAY_IMPORT, mayImport } from './floor-table.js';
import { readImports } from './read-imports.js';
import { isTestOrTool, readManifest, readWorkspace } from './workspace.js';

/** @import { Package } from './workspace.js' */
/** @import { Import } from './read-imports.js' */

/**
 * @typedef {object} Offence
 * @property {string} file relative to the checkout
 * @property {number} line
 * @property {string} what what is wrong
 * @property {string} todo what to do
 *
 * @typedef {Import & { readonly file: string }} Use
 */

/**
 * Checks the manifests, the floors, the declarations of dependencies and that nothing goes in circles.
 *
 * @param {string} checkout
 * @returns {readonly Offence[]}
 */
export function checkWorkspace(checkout) {
  const packages = readWorkspace(checkout);
  const folderOf = new Map(packages.map(({ folder, manifest }) => [manifest.name, folder]));
  const rootTools = Object.keys(readManifest(checkout).devDependencies ?? {});
  return [
    ...packages.flatMap((pkg) => {
      const uses = pkg.files.flatMap((file) =>
        readImports(join(checkout, file)).map((use) => ({ ...use, file })),
      );
      return [
        ...checkManifest(pkg),
        ...placed(pkg),
        ...uses.flatMap((use) => floorOffence(pkg, use, folderOf)),
        ...uses.flatMap((use) => undeclared(pkg, use, rootTools)),
        ...circlesWithin(pkg, uses),
      ];
    }),
    ...packageCircle(packages, folderOf),
    ...checkPure(checkout),
    ...checkTold(
      checkout,
      packages.map(({ folder }) => folder),
    ),
  ];
}

/**
 * @param {Package} pkg
 * @returns {readonly Offence[]}
 */
function placed({ folder }) {
  if (folder in MAY_IMPORT) return [];
  const todo = 'say in scripts/floors/floor-table.js, and in docs/architecture.md, what it may import';
  return [{ file: `${folder}/package.json`, line: 1, what: 'stands on no floor', todo }];
}

/** `@scope/name/deep` and `name/deep` without the rest; undefined for a path or a builtin. @param {string} specifier */
function packageNameOf(specifier) {
  if (specifier.startsWith('.') || specifier.startsWith('node:') || builtinModules.includes(specifier))
    return;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/**
 * @param {Package} pkg
 * @param {Use} use
 * @param {ReadonlyMap<string, string>} folderOf
 * @returns {readonly Offence[]}
 */
function floorOffence({ folder, manifest }, { file, line, specifier, kind }, folderOf) {
  if (specifier.startsWith('.')) {
    if (posix.join(posix.dirname(file), specifier).startsWith(`${folder}/`) || folder === 'benchmarks')
      return [];
    const what = `"${specifier}" reaches out of ${folder}`;
    return [{ file, line, what, todo: 'import the package by its name' }];
  }
  const name = packageNameOf(specifier);
  const to = name === undefined ? undefined : folderOf.get(name);
  // A test may put several packages together; what it uses must be declared, and packages must not go in circles.
  if (to === undefined || name === manifest.name || isTestOrTool(file) || mayImport(folder, to, kind))
    return [];
  if (folder.startsWith('plugins/') && to.startsWith('plugins/')) {
    const todo = `take what you need as a service, by a token of packages/contracts`;
    return [{ file, line, what: `a plugin imports another one, ${to}`, todo }];
  }
  const allowed = MAY_IMPORT[folder]?.join(', ') || 'nothing of ours';
  const todo = `move the code to where both may reach it, or ask for it as an argument (${folder} may import: ${allowed})`;
  return [{ file, line, what: `${folder} may not import ${to}`, todo }];
}

/**
 * @param {Package} pkg
 * @param {Use} use
 * @param {readonly string[]} rootTools
 * @returns {readonly Offence[]}
 */
function undeclared({ folder, manifest }, { file, line, specifier }, rootTools) {
  const name = packageNameOf(specifier);
  if (name === undefined || name === manifest.name) return [];
  const { dependencies, peerDependencies, optionalDependencies, devDependencies } = manifest;
  if ([dependencies, peerDependencies, optionalDependencies].some((listed) => listed && name in listed))
    return [];
  const isDeclaredForTests = (devDependencies && name in devDependencies) || rootTools.includes(name);
  if (isTestOrTool(file)) {
    if (isDeclaredForTests) return [];
    const todo = `add it to devDependencies of ${folder}/package.json`;
    return [{ file, line, what: `"${name}" is used and not declared`, todo }];
  }
  // What a bundler puts into the published files is a devDependency: only the bundle is installed.
  if (isDeclaredForTests && manifest.exports && Object.keys(manifest.exports).join() === './package.json')
    return [];
  const what = isDeclaredForTests
    ? `"${name}" is declared for tests only, and this file is published`
    : `"${name}" is used and not declared`;
  return [{ file, line, what, todo: `add it to dependencies of ${folder}/package.json` }];
}

/**
 * Of what is loaded together: types may speak of each other (a device of a plan, a plan of a device), and an operation's
 * definition loads its handler later, which is made for it.
 *
 * @param {Package} pkg
 * @param {readonly Use[]} uses
 * @returns {readonly Offence[]}
 */
function fileCircle({ files }, uses) {
  const known = new Set(files);
  /** @type {Map<string, string[]>} */
  const edges = new Map(files.map((file) => [file, []]));
  for (const { file, specifier, kind } of uses) {
    if (kind !== 'value') continue;
    const to = posix.join(posix.dirname(file), specifier);
    if (specifier.startsWith('.') && known.has(to)) edges.get(file)?.push(to);
  }
  const circle = findCircle(edges);
  const [file, second] = circle ?? [];
  if (!circle || file === undefined || second === undefined) return [];
  const use = uses.find(
    (one) => one.file === file && posix.join(posix.dirname(file), one.specifier) === second,
  );
  const what = `files import each other in a circle: ${circle.join(' -> ')}`;
  const todo = 'move what both need into a file of its own';
  return [{ file, line: use?.line ?? 1, what, todo }];
}

/**
 * @param {Package} pkg
 * @param {readonly Use[]} uses
 * @returns {readonly Offence[]}
 */
function circlesWithin(pkg, uses) {
  const ofFiles = fileCircle(pkg, uses);
  return ofFiles.length > 0 ? ofFiles : folderCircle(pkg, uses);
}

/**
 * Folders of a package, of which some load others, and those load them: nobody can say which is lower. A file beside the folders
 * stands for itself.
 *
 * @param {Package} pkg
 * @param {readonly Use[]} uses
 * @returns {readonly Offence[]}
 */
function folderCircle({ folder, files }, uses) {
  const source = `${folder}/src/`;
  const known = new Set(files);
  const placeOf = (/** @type {string} */ file) => {
    const [first = '', ...rest] = file.slice(source.length).split('/');
    return rest.length === 0 ? file : source + first;
  };
  /** @type {Map<string, string[]>} */
  const edges = new Map();
  /** @type {Map<string, Use>} */
  const firstUse = new Map();
  for (const use of uses) {
    const to = posix.join(posix.dirname(use.file), use.specifier);
    if (use.kind !== 'value' || !use.file.startsWith(source) || !to.startsWith(source)) continue;
    if (!known.has(to) || isTestOrTool(use.file)) continue;
    const [from, place] = [placeOf(use.file), placeOf(to)];
    if (from === place) continue;
    edges.set(from, [...(edges.get(from) ?? []), place]);
    firstUse.set(`${from} ${place}`, firstUse.get(`${from} ${place}`) ?? use);
  }
  const circle = findCircle(edges);
  if (!circle) return [];
  const use = firstUse.get(`${circle[0]} ${circle[1]}`);
  const what = `folders import each other in a circle: ${circle.join(' -> ')}`;
  const todo = 'move what both need into a folder of its own';
  return [{ file: use?.file ?? folder, line: use?.line ?? 1, what, todo }];
}

/**
 * @param {readonly Package[]} packages
 * @param {ReadonlyMap<string, string>} folderOf
 * @returns {readonly Offence[]}
 */
function packageCircle(packages, folderOf) {
  const edges = new Map(
    packages.map(({ folder, manifest }) => {
      const { dependencies, devDependencies, peerDependencies } = manifest;
      const names = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies });
      return [folder, names.flatMap((name) => folderOf.get(name) ?? [])];
    }),
  );
  const circle = findCircle(edges);
  if (!circle) return [];
  const what = `packages need each other in a circle: ${circle.join(' -> ')}`;
  const todo = 'take one of these dependencies away';
  return [{ file: `${circle[0]}/package.json`, line: 1, what, todo }];
}
