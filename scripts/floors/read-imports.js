import { readFileSync } from 'node:fs';
import { parseSync } from 'oxc-parser';

/**
 * @typedef {object} Import
 * @property {string} specifier what is imported, as it is written
 * @property {number} line 1-based
 * @property {'value' | 'type' | 'lazy'} kind what loads when the file is loaded; what the compiler erases; what loads later
 */

/**
 * All that a file imports: statements, re-exports, `import()` of a literal, and types by `import('…')`.
 *
 * @param {string} file
 * @returns {readonly Import[]}
 */
export function readImports(file) {
  const source = readFileSync(file, 'utf8');
  const { program, module, errors } = parseSync(file, source);
  const [error] = errors;
  if (error) throw new Error(`${file} cannot be parsed: ${error.message}`);
  /** @type {Import[]} */
  const imports = [];
  /** @param {string} specifier @param {number} offset @param {Import['kind']} kind */
  const add = (specifier, offset, kind) => imports.push({ specifier, line: lineOf(source, offset), kind });
  // `import { type X } from …` still loads the file (verbatimModuleSyntax); only `import type` does not.
  const kindAt = (/** @type {number} */ start) =>
    /^(?:import|export)\s+type\b/.test(source.slice(start, start + 30)) ? 'type' : 'value';
  for (const { moduleRequest, start } of module.staticImports) {
    add(moduleRequest.value, moduleRequest.start, kindAt(start));
  }
  for (const { entries, start } of module.staticExports) {
    const request = entries.find(({ moduleRequest }) => moduleRequest)?.moduleRequest;
    if (request) add(request.value, request.start, kindAt(start));
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^(['"`])([^$]*)\1$/.exec(source.slice(moduleRequest.start, moduleRequest.end));
    if (literal?.[2]) add(literal[2], moduleRequest.start, 'lazy');
  }
  for (const { source: literal } of typeImports(program)) add(literal.value, literal.start, 'type');
  return imports;
}

/**
 * @param {string} source
 * @param {number} offset
 */
const lineOf = (source, offset) => source.slice(0, offset).split('\n').length;

/**
 * The `import('…')` types of a syntax tree.
 *
 * @param {unknown} node
 * @returns {readonly { readonly source: { readonly value: string, readonly start: number } }[]}
 */
function typeImports(node) {
  if (Array.isArray(node)) return node.flatMap(typeImports);
  if (typeof node !== 'object' || node === null) return [];
  const below = Object.values(node).flatMap(typeImports);
  // The parser's own type of this node; nothing else has this name.
  return 'type' in node && node.type === 'TSImportType' ? [/** @type {any} */ (node), ...below] : below;
}
