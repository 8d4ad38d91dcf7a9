import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAY_IMPORT } from './floor-table.js';

/** @import { Offence } from './check-workspace.js' */

const MAP = 'docs/architecture.md';

/**
 * What the READMEs and the map tell of what a package may import is what the table says.
 *
 * @param {string} checkout
 * @param {readonly string[]} folders the packages that there are
 * @returns {readonly Offence[]}
 */
export function checkTold(checkout, folders) {
  return folders.flatMap((folder) => [...inReadme(checkout, folder), ...inMap(checkout, folder)]);
}

/** @param {string} checkout @param {string} folder @returns {readonly Offence[]} */
function inReadme(checkout, folder) {
  const file = `${folder}/README.md`;
  if (!existsSync(join(checkout, file))) return [];
  const text = readFileSync(join(checkout, file), 'utf8');
  const [told] = /May import:(?:(?!Install:|\n\n).)*/s.exec(text) ?? [];
  if (told === undefined) return [];
  // `@trestle/kernel/spec` is of the kernel.
  const names = [...told.matchAll(/`@trestle\/([a-z]+)(?:\/[a-z-]+)?`/g)].map(([, name = '']) => name);
  return differs(folder, names, file, lineOf(text, told));
}

/** @param {string} checkout @param {string} folder @returns {readonly Offence[]} */
function inMap(checkout, folder) {
  if (!existsSync(join(checkout, MAP))) return [];
  const text = readFileSync(join(checkout, MAP), 'utf8');
  const row = text.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${folder}\``));
  if (row === undefined) {
    if (MAY_IMPORT[folder] === undefined || folder === 'benchmarks') return [];
    const todo = 'give it a row in the table of floors';
    return [{ file: MAP, line: 1, what: `"${folder}" is not on the map`, todo }];
  }
  const cell = row.split('|').at(-2)?.trim() ?? '';
  const names = cell === 'nothing of ours' ? [] : cell.split(', ');
  return differs(folder, names, MAP, lineOf(text, row));
}

/** @param {string} text @param {string} part */
const lineOf = (text, part) => text.slice(0, text.indexOf(part)).split('\n').length;

/**
 * @param {string} folder
 * @param {readonly string[]} told
 * @param {string} file
 * @param {number} line
 * @returns {readonly Offence[]}
 */
function differs(folder, told, file, line) {
  const allowed = (MAY_IMPORT[folder] ?? []).map((to) =>
    to.endsWith('/*') ? to.slice(0, -2) : (to.split('/')[1] ?? to),
  );
  const missing = allowed.filter((name) => !told.includes(name));
  const more = told.filter((name) => !allowed.includes(name));
  if (missing.length === 0 && more.length === 0) return [];
  const what = `what "${folder}" may import is told otherwise than in scripts/floors/floor-table.js`;
  const todo = [
    ...(missing.length > 0 ? [`add ${missing.join(', ')}`] : []),
    ...(more.length > 0 ? [`take out ${more.join(', ')}`] : []),
  ].join('; ');
  return [{ file, line, what, todo }];
}
