import type { Node, Primitive } from '../graph/node.ts';
import type { Shape } from '../graph/shape.ts';
import {
  contiguousView,
  expandView,
  flipView,
  permuteView,
  reshapeView,
  sliceView,
  type View,
  windowsView,
} from './view.ts';

/** A movement of elements: a node of the graph, or an order of axes that a kernel wants. */
export interface Movement {
  readonly primitive: Primitive;
  readonly shape: Shape;
  readonly inputs: readonly Node[];
}

/** The movements between a node and the kernel that reads it, the one next to the node first; undefined when there are none. */
export type Path = { readonly movement: Movement; readonly outer: Path } | undefined;

const VIEWS: ReadonlySet<string> = new Set(['reshape', 'permute', 'expand', 'slice', 'flip', 'windows']);

export const isView = ({ primitive }: Node): boolean => VIEWS.has(primitive.kind);

/** A view through one movement; undefined when a reshape needs a copy. */
export function throughMovement(view: View, { primitive, shape }: Movement): View | undefined {
  switch (primitive.kind) {
    case 'permute':
      return permuteView(view, primitive.permutation);
    case 'expand':
      return expandView(view, shape);
    case 'slice':
      return sliceView(view, shape, primitive.starts, primitive.steps);
    case 'flip':
      return flipView(view, primitive.axes);
    case 'windows':
      return windowsView(view, shape, primitive.axes, primitive.strides, primitive.dilations);
    default:
      return reshapeView(view, shape);
  }
}

/** A view through all movements of a path. */
export function alongPath(view: View, path: Path): View | undefined {
  let moved: View | undefined = view;
  for (let at = path; at && moved; at = at.outer) moved = throughMovement(moved, at.movement);
  return moved;
}

/** What lies below the views of a node, and the path from there. */
export function belowViews(node: Node, stops: (node: Node) => boolean, path: Path = undefined) {
  let base = node;
  let way = path;
  while (isView(base) && !stops(base)) {
    const [below] = base.inputs;
    if (!below) break;
    way = { movement: base, outer: way };
    base = below;
  }
  return { base, path: way };
}

/** A path that puts axes into another order. */
export function permutation(shape: Shape, order: readonly number[]): Path {
  if (order.every((axis, index) => axis === index)) return undefined;
  const primitive = { kind: 'permute', permutation: order } as const;
  const movement = { primitive, shape: permuteView(contiguousView(shape), order).shape, inputs: [] };
  return { movement, outer: undefined };
}
