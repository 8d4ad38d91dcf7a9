/** @import { Package } from './workspace.js' */
/** @import { Offence } from './check-workspace.js' */

/**
 * What every package must say about itself, so that it can be published and used.
 *
 * @param {Package} pkg
 * @returns {readonly Offence[]}
 */
export function checkManifest({ folder, manifest }) {
  const file = `${folder}/package.json`;
  /** @type {Offence[]} */
  const offences = [];
  /** @param {boolean} holds @param {string} what @param {string} todo */
  const require = (holds, what, todo) => {
    if (!holds) offences.push({ file, line: 1, what, todo });
  };
  require(manifest.license ===
    'Apache-2.0', 'has no licence, or another than ours', 'add "license": "Apache-2.0"');
  require(manifest.engines?.node !==
    undefined, 'does not say which Node it needs', 'add "engines": {"node": …}');
  if (manifest.private) return offences;
  require((manifest.files ?? []).length >
    0, 'would publish everything in its folder', 'add "files": ["dist", …]');
  require(manifest.exports !== undefined, 'has no exports', 'add "exports" with "types" and "default"');
  for (const [entry, target] of Object.entries(manifest.exports ?? {})) {
    require(isTyped(
      entry,
      target,
    ), `exports "${entry}" without type declarations`, 'put "types" first in it');
  }
  return offences;
}

/**
 * @param {string} entry
 * @param {unknown} target
 */
function isTyped(entry, target) {
  if (/\.(?:json|css|wasm)$/.test(entry)) return true;
  // TypeScript takes the first condition that fits, so the types come before the code.
  return typeof target === 'object' && target !== null && Object.keys(target)[0] === 'types';
}
