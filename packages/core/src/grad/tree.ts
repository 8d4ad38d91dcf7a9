import { CoreError } from '../core-error.ts';
import { Tensor } from '../tensor/tensor.ts';

/** What a tree may hold beside tensors; it is passed through as it is. */
export type Static = string | number | boolean | null | undefined;

/** A tensor, or lists and records of trees. */
export type Tree = Tensor | Static | readonly Tree[] | { readonly [name: string]: Tree };

const isList = (tree: Tree): tree is readonly Tree[] => Array.isArray(tree);

/** A tree of the same form, with each tensor replaced. */
export function mapTree<P extends Tree>(tree: P, replace: (leaf: Tensor) => Tensor): P {
  const visit = (node: Tree): Tree => {
    if (node instanceof Tensor) return replace(node);
    if (typeof node !== 'object' || node === null) return node;
    if (isList(node)) return node.map(visit);
    return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, visit(child)]));
  };
  // The form is kept, member by member, so the type is too.
  return visit(tree) as P;
}

/** The tensors of a tree, in order. */
export function treeLeaves(tree: Tree): Tensor[] {
  if (tree instanceof Tensor) return [tree];
  if (typeof tree !== 'object' || tree === null) return [];
  return (isList(tree) ? tree : Object.values(tree)).flatMap(treeLeaves);
}

/** A tree of the same form with other leaves, in order. */
export function withLeaves<P extends Tree>(tree: P, leaves: readonly Tensor[]): P {
  let next = 0;
  return mapTree(tree, (leaf) => leaves[next++] ?? leaf);
}

/**
 * Trees of one form walked side by side; the result has the form of the first.
 *
 * @throws TRS_CORE_TREE_FORM when they have not equally many tensors
 */
export function zipTrees<P extends Tree, Others extends readonly Tree[]>(
  [first, ...others]: readonly [P, ...Others],
  combine: (...leaves: [Tensor, ...{ [I in keyof Others]: Tensor }]) => Tensor,
): P {
  const columns = others.map(treeLeaves);
  const count = treeLeaves(first).length;
  const other = columns.find((column) => column.length !== count);
  if (other) {
    throw new CoreError(
      'TREE_FORM',
      `zipTrees: one tree has ${count} tensors, another ${other.length}.`,
      'Parameters, gradients and state must be trees of one form.',
    );
  }
  let next = 0;
  return mapTree(first, (leaf) => {
    const at = next++;
    // One leaf of each of the other trees.
    const beside = columns.map((column) => column[at]);
    return combine(leaf, ...(beside as { [I in keyof Others]: Tensor }));
  });
}
