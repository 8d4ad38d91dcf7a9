import { type Tree, treeLeaves } from '../grad/tree.ts';
import { type Key, wordsOf } from '../random/random.ts';
import { Tensor } from '../tensor/tensor.ts';

const isKey = (tree: Tree): tree is Key =>
  typeof tree === 'object' &&
  tree !== null &&
  !(tree instanceof Tensor) &&
  'kind' in tree &&
  tree.kind === 'random-key';

/** The same tree, the words of its random keys as tensors: inputs of a trace, not part of its form. */
export function withKeyTensors<P extends Tree>(tree: P): P {
  // Beside the other inputs, so that they can be used together.
  const device = treeLeaves(tree)[0]?.device;
  const visit = (node: Tree): Tree => {
    if (node instanceof Tensor || typeof node !== 'object' || node === null) return node;
    if (isKey(node)) return { kind: node.kind, words: wordsOf(node, device) };
    if (Array.isArray(node)) return node.map(visit);
    return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, visit(child)]));
  };
  // The form is kept, but for the words, which may be either.
  return visit(tree) as P;
}
