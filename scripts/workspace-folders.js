import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.js';

/**
 * The folders of the workspaces, relative to the checkout, as its `package.json` lists them.
 *
 * @param {string} checkout
 * @returns {readonly string[]}
 */
export function workspaceFolders(checkout = root) {
  /** @type {{ workspaces: readonly string[] }} */
  const { workspaces } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  return workspaces
    .flatMap((pattern) => {
      if (!pattern.endsWith('/*')) return [pattern];
      const parent = pattern.slice(0, -2);
      if (!existsSync(join(checkout, parent))) return [];
      return readdirSync(join(checkout, parent)).map((name) => `${parent}/${name}`);
    })
    .filter((folder) => existsSync(join(checkout, folder, 'package.json')));
}
