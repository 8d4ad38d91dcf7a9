import { existsSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import { readImports } from './read-imports.js';

/** @import { Offence } from './check-workspace.js' */

/**
 * Entries that pages load, and what else their closure may load: nothing of Node, and of others only what is listed.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const PURE_ENTRIES = {
  'packages/kernel/src/spec.ts': ['zod'],
  'packages/client/src/index.ts': ['@trestle/kernel/spec', 'eventsource-parser'],
  'packages/statistics/src/index.ts': ['zod'],
  'packages/core/src/assembler.ts': [],
  'packages/trees/src/index.ts': ['@trestle/core/assembler'],
  'packages/contracts/src/index.ts': ['@trestle/kernel/spec', '@trestle/onnx', '@trestle/statistics', 'zod'],
};

/**
 * Checks that what pages load needs nothing of Node, through every file that an entry reaches. Types count too: a page's
 * compiler knows no types of Node either.
 *
 * @param {string} checkout
 * @returns {readonly Offence[]}
 */
export function checkPure(checkout) {
  return Object.entries(PURE_ENTRIES).flatMap(([entry, allowed]) => {
    /** @type {Offence[]} */
    const offences = [];
    const seen = new Set([entry]);
    for (const file of seen) {
      if (!existsSync(join(checkout, file))) continue;
      for (const { specifier, line } of readImports(join(checkout, file))) {
        if (specifier.startsWith('.')) seen.add(posix.join(posix.dirname(file), specifier));
        else if (!allowed.includes(specifier)) {
          const isNode = specifier.startsWith('node:') || builtinModules.includes(specifier);
          const what = `"${specifier}" is loaded through ${entry}, which pages load${isNode ? ' without Node' : ''}`;
          offences.push({ file, line, what, todo: `keep it out of what ${entry} exports` });
        }
      }
    }
    return offences;
  });
}
