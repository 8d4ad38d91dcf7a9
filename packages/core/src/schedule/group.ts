import type { Node } from '../graph/node.ts';
import type { Shape } from '../graph/shape.ts';
import { contiguousStrides, sizeOf } from '../graph/shape.ts';
import { at } from '../invariant.ts';
import { alongPath, type Path, permutation } from './path.ts';
import { contiguousView, reshapeView, type View } from './view.ts';

/**
 * A kernel to be: a root whose elements it computes, and what is computed on the way without a buffer. Its elements are counted
 * by the axes of `space`, which has no axes of length 1: those before `split` count rows, the others what is folded.
 */
export interface Group {
  readonly root: Node;
  space: Shape;
  split: number;
  /** Whether the root has one element per row. */
  isNarrow: boolean;
  /** Reductions over the axes from `split` on; the root among them, if it is one. */
  readonly folds: Set<Node>;
  /** The matrix product whose elements the kernel goes on with. */
  product: Node | undefined;
  /** What the kernel reads, as far as it is known: nodes below views. */
  readonly inputs: Set<Node>;
  /** Element-wise operations. */
  operations: number;
}

/** Where a group uses a node: the path leads to the elements that are folded, or to those of the group's root. */
export interface Use {
  readonly group: Group;
  readonly isFolded: boolean;
  readonly path: Path;
}

/** A use, and where the node stands among the group's elements; what takes a copy to get there has no place. */
export interface Placement {
  readonly use: Use;
  readonly place: View | undefined;
}

/** A shape without its axes of length 1. */
export const squeezed = (shape: Shape): Shape => shape.filter((length) => length !== 1);

export function newGroup(root: Node): Group {
  const { primitive } = root;
  const group: Group = {
    root,
    space: squeezed(root.shape),
    split: 0,
    isNarrow: false,
    folds: new Set(),
    product: undefined,
    inputs: new Set(),
    operations: primitive.kind === 'elementwise' ? 1 : 0,
  };
  group.split = group.space.length;
  if (primitive.kind === 'reduce') addFold(group, root);
  return group;
}

/** Makes a group that has no folds yet fold what a reduction folds, for each of its elements. */
export function addFold(group: Group, reduction: Node): void {
  group.folds.add(reduction);
  if (group.split < group.space.length) return;
  group.space = [...group.space, ...squeezed(foldedShape(reduction))];
  group.isNarrow = true;
}

const axesOf = ({ primitive }: Node): readonly number[] =>
  primitive.kind === 'reduce' ? primitive.axes : [];

/** The lengths of the axes that a reduction folds. */
export const foldedShape = (reduction: Node): Shape =>
  axesOf(reduction).map((axis) => at(at(reduction.inputs, 0, 'operand').shape, axis, 'length'));

/** Whether a reduction folds the last axes of its operand, but for axes of length 1. */
export function foldsLastAxes(reduction: Node): boolean {
  const axes = axesOf(reduction);
  const shape = at(reduction.inputs, 0, 'operand').shape;
  const isFolded = shape.flatMap((length, axis) => (length === 1 ? [] : [axes.includes(axis)]));
  return isFolded.every((folded, at) => at === 0 || folded || !isFolded[at - 1]);
}

/** From a reduction's operand to its elements: kept axes first. */
export function foldPath(reduction: Node): Path {
  const axes = axesOf(reduction);
  const shape = at(reduction.inputs, 0, 'operand').shape;
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return permutation(shape, [...kept, ...axes]);
}

/**
 * Where the elements of a node stand among those of a group, if they lay in a buffer; undefined when the way there takes a
 * copy. Two uses with the same view are the same use.
 */
export function placeOf(node: Node, use: Use): View | undefined {
  if (!use.path && !isPerRow(use)) return wholeOf(use.group);
  const view = alongPath(contiguousView(node.shape), use.path);
  return view && inSpace(view, use);
}

/** Whether a use leads to what there is one of per row. */
const isPerRow = ({ group, isFolded }: Use): boolean => group.isNarrow && !isFolded;

const wholes = new WeakMap<Shape, View>();
/** All elements of a group, in order: where most nodes stand. */
function wholeOf({ space }: Group): View {
  const known = wholes.get(space) ?? contiguousView(space);
  wholes.set(space, known);
  return known;
}

/** A view over what a use leads to, over the group's space: what there is one of per row stands still along the others. */
export function inSpace(view: View, use: Use): View | undefined {
  const { space, split } = use.group;
  const isNarrow = isPerRow(use);
  const rows = isNarrow ? space.slice(0, split) : space;
  const moved = reshapeView(view, rows);
  if (!moved || !isNarrow) return moved;
  return {
    shape: space,
    strides: [...moved.strides, ...space.slice(split).map(() => 0)],
    offset: moved.offset,
  };
}

export const textOf = ({ strides, offset }: View): string => `${offset}:${strides}`;

/** Whether a view gives each row of a group its element, in order. */
export function isOnePerRow(view: View, split: number): boolean {
  const own = contiguousStrides(view.shape.slice(0, split));
  return view.offset === 0 && view.strides.every((stride, axis) => stride === (own[axis] ?? 0));
}

/** How often each element of a node is computed, at most: what stands still along the last axes is computed before the loop. */
export function repetition(node: Node, { shape, strides }: View): number {
  let last = shape.length;
  while (last > 0 && strides[last - 1] === 0) last--;
  return sizeOf(shape.slice(0, last)) / Math.max(1, sizeOf(node.shape));
}
