import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { workspaceFolders } from '../workspace-folders.js';

/**
 * @typedef {object} Manifest the parts of a package.json that the checks read
 * @property {string} name
 * @property {boolean} [private]
 * @property {string} [license]
 * @property {{ readonly node?: string }} [engines]
 * @property {readonly string[]} [files]
 * @property {Readonly<Record<string, unknown>>} [exports]
 * @property {Readonly<Record<string, string>>} [dependencies]
 * @property {Readonly<Record<string, string>>} [devDependencies]
 * @property {Readonly<Record<string, string>>} [peerDependencies]
 * @property {Readonly<Record<string, { readonly optional?: boolean }>>} [peerDependenciesMeta]
 * @property {Readonly<Record<string, string>>} [optionalDependencies]
 * @property {Readonly<Record<string, string>>} [scripts]
 *
 * @typedef {object} Package
 * @property {string} folder relative to the checkout, with slashes
 * @property {Manifest} manifest
 * @property {readonly string[]} files its source files, relative to the checkout
 */

const IGNORED = new Set(['node_modules', 'dist', 'fixtures', 'coverage', 'results']);

/**
 * The packages of a checkout with their source files.
 *
 * @param {string} checkout
 * @returns {readonly Package[]}
 */
export function readWorkspace(checkout) {
  return workspaceFolders(checkout).map((folder) => ({
    folder,
    manifest: readManifest(join(checkout, folder)),
    files: sourceFiles(join(checkout, folder)).map((file) => relative(checkout, file).replaceAll('\\', '/')),
  }));
}

/**
 * @param {string} folder
 * @returns {Manifest}
 */
export function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/**
 * @param {string} folder
 * @returns {readonly string[]}
 */
function sourceFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (IGNORED.has(entry.name) || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    // A folder with a manifest is a package of its own, here one outside the workspace.
    if (entry.isDirectory()) return existsSync(join(path, 'package.json')) ? [] : sourceFiles(path);
    return /\.(?:[cm]?[jt]s|[jt]sx)$/.test(entry.name) ? [path] : [];
  });
}

/**
 * Whether a file is not part of what is published: tests, what only they need, and the configuration of tools.
 *
 * @param {string} file relative to the checkout
 */
export const isTestOrTool = (file) =>
  /\.test\.|(?:^|\/)test\/|(?:^|\/)(?:vite|vitest|rolldown)\.config\.[jt]s$/.test(file) ||
  file.startsWith('benchmarks/');
