import type { Node } from '../graph/node.ts';
import { sizeOf } from '../graph/shape.ts';
import { isHeavy } from './cost.ts';
import { type Draft, isStop } from './draft.ts';
import { belowViews } from './path.ts';

/** What it takes to compute a node from buffers. */
interface Recipe {
  /** What is read. */
  readonly sources: ReadonlySet<Node>;
  /** Simple operations per element. */
  readonly operations: number;
}

export type Recipes = ReadonlyMap<Node, Recipe>;

/** About what fits beside a read from memory without making it longer. */
const CHEAP = 16;
const HEAVY_OPERATIONS = 20;
/** Recipes from more than so many sources are not repeated anyway. */
const MAX_SOURCES = 4;

/** The recipes of element-wise nodes, down to what is no element-wise work. */
export function recipesOf(order: readonly Node[], draft: Draft): Recipes {
  const recipes = new Map<Node, Recipe>();
  for (const node of order) {
    if (node.primitive.kind !== 'elementwise') continue;
    const sources = new Set<Node>();
    let operations = isHeavy(node) ? HEAVY_OPERATIONS : 1;
    for (const input of node.inputs) {
      const { base } = belowViews(input, (one) => isStop(one, draft));
      const below = isStop(base, draft) ? undefined : recipes.get(base);
      if (below) {
        operations += below.operations;
        for (const source of below.sources) sources.add(source);
      } else if (base.primitive.kind !== 'constant' && base.primitive.kind !== 'iota') sources.add(base);
      if (sources.size > MAX_SOURCES) operations = Number.POSITIVE_INFINITY;
    }
    recipes.set(node, operations > CHEAP ? { sources: new Set(), operations } : { sources, operations });
  }
  return recipes;
}

/**
 * Whether it takes less memory traffic to compute a node in each of several kernels than to write it once and read it in each.
 * Sources that are much smaller than the node stay in the cache.
 */
export function repeatsForLess(node: Node, kernels: number, recipes: Recipes): boolean {
  const recipe = recipes.get(node);
  if (!recipe || recipe.operations > CHEAP) return false;
  const size = sizeOf(node.shape);
  const reads = [...recipe.sources].filter((source) => 4 * sizeOf(source.shape) > size).length;
  return kernels * reads < reads + 1 + kernels;
}
