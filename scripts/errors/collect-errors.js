import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { isTestOrTool, readWorkspace } from '../floors/workspace.js';

/**
 * @typedef {object} ListedError
 * @property {string} code
 * @property {ReadonlySet<string>} meanings the messages, where a value stands as …
 * @property {ReadonlySet<string>} hints
 * @property {ReadonlySet<string>} packages
 *
 * @typedef {Readonly<Record<string, any>>} Node a node of the syntax tree
 */

/** The classes of packages that do not know the kernel, and the area of their codes. */
const CLASSES = {
  CoreError: 'CORE',
  NnError: 'NN',
  OnnxError: 'ONNX',
  ModelError: 'MODEL',
  GpujsError: 'GPUJS',
  TreesError: 'TREES',
};

/**
 * Every error code of the workspace, from the calls that make errors: of a factory, of `TrestleError` or of a class of the
 * packages below the kernel.
 *
 * @param {string} checkout
 * @returns {readonly ListedError[]} by their codes
 */
export function collectErrors(checkout) {
  /** @type {Map<string, { code: string, meanings: Set<string>, hints: Set<string>, packages: Set<string> }>} */
  const errors = new Map();
  for (const { folder, files } of readWorkspace(checkout)) {
    const trees = files
      .filter((file) => file.includes('/src/') && !isTestOrTool(file) && /\.tsx?$/.test(file))
      .map((file) => parseSync(file, readFileSync(join(checkout, file), 'utf8')).program);
    const areas = new Map(trees.flatMap((tree) => [...areasIn(tree)]));
    for (const tree of trees) {
      for (const { code, message, hint } of errorsIn(tree, areas)) {
        const known = errors.get(code) ?? {
          code,
          meanings: new Set(),
          hints: new Set(),
          packages: new Set(),
        };
        if (message !== '') known.meanings.add(message);
        if (hint !== '') known.hints.add(hint);
        known.packages.add(folder);
        errors.set(code, known);
      }
    }
  }
  return [...errors.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** `const dataError = errorFactory('DATA')`. @param {Node} tree */
function* areasIn(tree) {
  for (const node of nodes(tree)) {
    if (node.type !== 'VariableDeclarator' || node.init?.callee?.name !== 'errorFactory') continue;
    yield/** @type {const} */ ([node.id.name, node.init.arguments[0].value]);
  }
}

/** @param {Node} tree @param {ReadonlyMap<string, string>} areas */
function* errorsIn(tree, areas) {
  for (const node of nodes(tree)) {
    if (node.type !== 'CallExpression' && node.type !== 'NewExpression') continue;
    const name = node.callee?.name;
    const area =
      node.type === 'CallExpression' ? areas.get(name) : CLASSES[/** @type {keyof typeof CLASSES} */ (name)];
    if (area === undefined && name !== 'TrestleError') continue;
    const prefix = area === undefined ? '' : `TRS_${area}_`;
    const [first, parts, third] = node.arguments;
    const about =
      parts?.type === 'ObjectExpression'
        ? { message: textOf(propertyOf(parts, 'message')), hint: textOf(propertyOf(parts, 'hint')) }
        : { message: textOf(parts), hint: textOf(third) };
    for (const code of namesOf(first)) {
      if (/^TRS_[A-Z0-9_]+$/.test(prefix + code)) yield { code: prefix + code, ...about };
    }
  }
}

/** The texts that an expression may be: one, or those of a choice. @param {Node | undefined} node @returns {readonly string[]} */
function namesOf(node) {
  if (node?.type === 'Literal' && typeof node.value === 'string') return [node.value];
  if (node?.type === 'ConditionalExpression')
    return [...namesOf(node.consequent), ...namesOf(node.alternate)];
  if (node?.type === 'LogicalExpression') return [...namesOf(node.left), ...namesOf(node.right)];
  return [];
}

/** @param {Node} object @param {string} key */
const propertyOf = (object, key) =>
  object.properties.find((/** @type {Node} */ property) => property.key?.name === key)?.value;

/** A text as it is written, where values stand as …; nothing for what is not written there. @param {Node | undefined} node @returns {string} */
function textOf(node) {
  switch (node?.type) {
    case 'Literal':
      return typeof node.value === 'string' ? node.value : '';
    case 'TemplateLiteral':
      return node.quasis.map((/** @type {Node} */ { value }) => value.cooked).join('…');
    case 'BinaryExpression':
      return `${textOf(node.left) || '…'}${textOf(node.right) || '…'}`;
    case 'ConditionalExpression':
      return [textOf(node.consequent), textOf(node.alternate)].filter((text) => text !== '').join(' / ');
    default:
      return '';
  }
}

/** A syntax tree, node by node. @param {unknown} node @returns {Generator<Node>} */
function* nodes(node) {
  if (Array.isArray(node)) for (const item of node) yield* nodes(item);
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
  if ('type' in node) yield node;
  for (const value of Object.values(node)) yield* nodes(value);
}
