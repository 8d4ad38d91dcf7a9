import { Tensor } from '../tensor/tensor.ts';

/** A tensor, or lists and records of trees. */
export type Tree = Tensor | readonly Tree[] | { readonly [name: string]: Tree };

const isList = (tree: Tree): tree is readonly Tree[] => Array.isArray(tree);

/** A tree of the same form, with each tensor replaced. */
export function mapTree<P extends Tree>(tree: P, replace: (leaf: Tensor) => Tensor): P {
  const visit = (node: Tree): Tree => {
    if (node instanceof Tensor) return replace(node);
    if (isList(node)) return node.map(visit);
    return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, visit(child)]));
  };
  // The form is kept, member by member, so the type is too.
  return visit(tree) as P;
}

/** The tensors of a tree, in order. */
export function treeLeaves(tree: Tree): Tensor[] {
  if (tree instanceof Tensor) return [tree];
  return (isList(tree) ? tree : Object.values(tree)).flatMap(treeLeaves);
}

/** Trees of one form walked side by side. */
export function zipTrees<P extends Tree>(
  trees: readonly [P, ...P[]],
  combine: (...leaves: Tensor[]) => Tensor,
): P {
  const columns = trees.map(treeLeaves);
  let next = 0;
  return mapTree(trees[0], () => {
    const at = next++;
    return combine(...columns.map((column) => column[at] ?? treeLeaves(trees[0])[0] ?? missing()));
  });
}

function missing(): never {
  throw new RangeError('Trees of different forms cannot be walked side by side.');
}

/** Computes several tensors together, so that what they share is computed once. */
export async function realizeTree<P extends Tree>(tree: P): Promise<P> {
  const { realize } = await import('../schedule/schedule.ts');
  realize(treeLeaves(tree).map((leaf) => leaf.node));
  return tree;
}
