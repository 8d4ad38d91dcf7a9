import type { Node } from '../graph/node.ts';
import { absorbElementwise, absorbProduct, absorbReduction, fits, readsOf } from './absorb.ts';
import type { Draft } from './draft.ts';
import { foldPath, type Group, newGroup, type Placement, placeOf, textOf, type Use } from './group.ts';
import { isView } from './path.ts';
import { type Recipes, recipesOf, repeatsForLess } from './recipe.ts';

/** Which nodes are kernels of their own. All others are computed inside the kernels that use them. */
export type Groups = ReadonlyMap<Node, Group>;

/** How a node is used: where by groups, and whether something takes it from a buffer. */
interface Demand {
  readonly uses: Use[];
  isBuffer: boolean;
}

/**
 * Decides what is fused, users before operands: a node that is used in one kernel only, and in one way, becomes part of that
 * kernel. So a kernel never waits for what waits for it, and nothing is computed twice; but what costs less to compute than to
 * write and read again is repeated in each kernel that uses it.
 *
 * @param order nodes without a value, operands first
 */
export function fuse(order: readonly Node[], draft: Draft): Groups {
  const groups = new Map<Node, Group>();
  const demands = new Map<Node, Demand>();
  const recipes = recipesOf(order, draft);
  const demandOf = (node: Node): Demand => {
    const known = demands.get(node);
    if (known) return known;
    const demand = { uses: [], isBuffer: draft.wanted.has(node) };
    demands.set(node, demand);
    return demand;
  };
  /** Tells operands how they are used: by groups, or, when there are no uses, from buffers. */
  const pass = (node: Node, uses: readonly Use[], isBuffer = uses.length === 0): void => {
    for (const input of node.inputs) {
      const demand = demandOf(input);
      demand.uses.push(...uses);
      demand.isBuffer ||= isBuffer;
    }
  };
  for (const node of order.toReversed()) {
    const { uses, isBuffer } = demandOf(node);
    const placements = distinct(node, uses);
    if (isView(node) && !draft.wanted.has(node)) {
      const through = placements.map(({ use }) => ({ ...use, path: { movement: node, outer: use.path } }));
      pass(node, through, isBuffer);
    } else if (!isBuffer && absorb(node, placements, draft, recipes)) {
      pass(
        node,
        placements.flatMap(({ use }) => usesInside(node, use)),
      );
    } else {
      const group = newGroup(node);
      for (const base of readsOf(node, draft)) group.inputs.add(base);
      groups.set(node, group);
      pass(node, usesOfRoot(node, group));
    }
  }
  return groups;
}

/** Uses that read a node in the same way count once. Those that need a copy have no place, and are all different. */
function distinct(node: Node, uses: readonly Use[]): Placement[] {
  const known = new Map<Group, Set<string>>();
  return uses.flatMap((use): Placement[] => {
    const place = placeOf(node, use);
    if (!place) return [{ use, place }];
    const text = textOf(place);
    const texts = known.get(use.group) ?? new Set();
    known.set(use.group, texts);
    if (texts.has(text)) return [];
    texts.add(text);
    return [{ use, place }];
  });
}

/** Makes a node part of the groups that use it, if they have room for it, and there are not too many. */
function absorb(node: Node, placements: readonly Placement[], draft: Draft, recipes: Recipes): boolean {
  const [only] = placements;
  switch (node.primitive.kind) {
    case 'constant':
    case 'iota':
      // Computed where they are needed, by everyone.
      return true;
    case 'elementwise':
      if (placements.length > 1 && !repeatsForLess(node, placements.length, recipes)) return false;
      if (!placements.every((placement) => fits(node, placement, draft))) return false;
      for (const { use } of placements) absorbElementwise(node, use.group, draft);
      return true;
    case 'reduce':
      return only !== undefined && placements.length === 1 && absorbReduction(node, only, draft);
    case 'matmul':
      return only !== undefined && placements.length === 1 && absorbProduct(node, only, draft);
    default:
      return false;
  }
}

/** How the root of a group uses its operands; in no way that can be fused when it takes buffers. */
function usesOfRoot(node: Node, group: Group): Use[] {
  const { kind } = node.primitive;
  if (kind === 'elementwise') return [{ group, isFolded: false, path: undefined }];
  if (isView(node)) return [{ group, isFolded: false, path: { movement: node, outer: undefined } }];
  return kind === 'reduce' ? [{ group, isFolded: true, path: foldPath(node) }] : [];
}

/** How a node that became part of a group uses its operands there. */
function usesInside(node: Node, use: Use): Use[] {
  const { kind } = node.primitive;
  if (kind === 'elementwise') return [use];
  return kind === 'reduce' ? [{ ...use, isFolded: true, path: foldPath(node) }] : [];
}
