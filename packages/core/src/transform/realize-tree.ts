import { type Tree, treeLeaves } from '../grad/tree.ts';
import { materialize } from '../tensor/materialize.ts';

/** Computes several tensors together, so that what they share is computed once. */
export async function realizeTree<P extends Tree>(tree: P): Promise<P> {
  await materialize(treeLeaves(tree).map((leaf) => leaf.node));
  return tree;
}
