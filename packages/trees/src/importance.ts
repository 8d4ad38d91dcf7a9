import type { Forest } from './forest.ts';

/**
 * How much each column was used: by how often a node asks for it, or by what those splits lowered the loss.
 *
 * @returns one number a column
 */
export function importance(forest: Forest, by: 'gain' | 'splits'): Float64Array {
  const sums = new Float64Array(forest.width);
  for (const [node, feature] of forest.features.entries())
    if (feature >= 0) sums[feature] = (sums[feature] ?? 0) + (by === 'gain' ? (forest.gains[node] ?? 0) : 1);
  return sums;
}
