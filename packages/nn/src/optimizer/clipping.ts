import { full, mapTree, type Tensor, type Tree, treeLeaves } from '@trestle/core';

/** The Euclidean norm of all tensors of a tree together: a scalar. */
export function globalNorm(tree: Tree): Tensor {
  const squares = treeLeaves(tree).map((leaf) => leaf.mul(leaf).sum());
  return squares.length === 0 ? full([], 0) : squares.reduce((sum, square) => sum.add(square)).sqrt();
}

/** Gradients scaled down, all by one factor, where their global norm is above `limit` (Pascanu et al. 2013). */
export function clipByNorm<P extends Tree>(gradients: P, limit: number): P {
  const norm = globalNorm(gradients);
  const factor = full([], limit, { device: norm.device }).div(norm.maximum(limit));
  return mapTree(gradients, (g) => g.mul(factor));
}

/** Gradients with each element kept within [-limit, limit]. */
export const clipByValue = <P extends Tree>(gradients: P, limit: number): P =>
  mapTree(gradients, (g) => g.clamp(-limit, limit));
