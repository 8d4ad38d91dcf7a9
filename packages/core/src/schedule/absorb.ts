import type { Node } from '../graph/node.ts';
import { isSameShape, sizeOf } from '../graph/shape.ts';
import { isHeavy } from './cost.ts';
import { type Draft, isStop } from './draft.ts';
import {
  addFold,
  foldedShape,
  foldsLastAxes,
  type Group,
  isOnePerRow,
  type Placement,
  repetition,
  squeezed,
} from './group.ts';
import { alongPath, belowViews, type Path } from './path.ts';
import { contiguousView } from './view.ts';

/** Larger kernels gain nothing more from fusion, and compile slowly. */
const MAX_OPERATIONS = 48;
/** Rows up to this length stay in the cache, and are work for one workgroup. */
const MAX_ROW = 16_384;
/** Longer rows than this are only taken one by one when there are enough of them to share out. */
const SHORT_ROW = 4_096;
const FEW_ROWS = 8;

/** Whether an element-wise node can be computed inside a group, at the place where it is used. */
export function fits(node: Node, { use, place }: Placement, draft: Draft): boolean {
  const { group, path } = use;
  return (
    place !== undefined &&
    group.operations < MAX_OPERATIONS &&
    (repetition(node, place) <= 1 || !isHeavy(node)) &&
    node.inputs.every((input) => isReadable(input, path, draft)) &&
    hasRoom(node, group, draft)
  );
}

/** Whether a node can be read without a copy at the end of a path. */
function isReadable(node: Node, path: Path, draft: Draft): boolean {
  const { base, path: whole } = belowViews(node, (one) => isStop(one, draft), path);
  return base.primitive.kind === 'constant' || alongPath(contiguousView(base.shape), whole) !== undefined;
}

/** What a kernel reads for the operands of a node: what lies below views. Constants and counts need no buffer. */
export function readsOf(node: Node, draft: Draft): Node[] {
  return node.inputs.flatMap((input) => {
    const { base } = belowViews(input, (one) => isStop(one, draft));
    const isComputed = base.primitive.kind === 'constant' || base.primitive.kind === 'iota';
    return isComputed && !draft.wanted.has(base) ? [] : [base];
  });
}

/** Whether a group may have a node's operands instead of the node. */
function hasRoom(node: Node, { inputs, product: absorbed }: Group, draft: Draft): boolean {
  const product = node.primitive.kind === 'matmul' ? node : absorbed;
  // A product has an input for each of its two operands, also when both are one, or a constant.
  const again = product ? 2 - new Set(readsOf(product, draft)).size : 0;
  const others = new Set(readsOf(node, draft).filter((base) => !inputs.has(base)));
  return inputs.size - Number(inputs.has(node)) + others.size + again <= draft.maxInputs;
}

function replaceInput(node: Node, group: Group, draft: Draft): void {
  group.inputs.delete(node);
  for (const base of readsOf(node, draft)) group.inputs.add(base);
}

export function absorbElementwise(node: Node, group: Group, draft: Draft): void {
  group.operations++;
  replaceInput(node, group, draft);
}

/**
 * Whether a kernel may go on with what it has folded or multiplied, element by element. One that only gives a result another
 * shape may not: both shapes can share a buffer.
 */
const isPlain = (group: Group): boolean =>
  group.folds.size === 0 && group.product === undefined && group.operations > 0 && !isPacked(group);

/** Two halves share a word, so a kernel that writes them has to compute neighbours together: only element-wise ones do. */
const isPacked = ({ root }: Group): boolean => root.dtype === 'float16';

/** A matrix product whose elements are only used one by one, where they stand, is worked on before it is written. */
export function absorbProduct(node: Node, { use: { group }, place }: Placement, draft: Draft): boolean {
  const isWhole = place !== undefined && isPlain(group) && isOnePerRow(place, group.split);
  if (!isWhole || !draft.device.abilities?.epilogues || !hasRoom(node, group, draft)) return false;
  group.product = node;
  replaceInput(node, group, draft);
  return true;
}

/**
 * Makes a reduction part of a kernel that uses its elements one by one, as its epilogue; or, where rows fit the cache, of one
 * that uses each element for a whole row, or folds other things over the same rows.
 */
export function absorbReduction(node: Node, placement: Placement, draft: Draft): boolean {
  const { group } = placement.use;
  const isTaken =
    squeezed(foldedShape(node)).length > 0 &&
    hasRoom(node, group, draft) &&
    (isEpilogue(node, placement, draft) || isOverRows(node, placement, draft));
  if (!isTaken) return false;
  addFold(group, node);
  replaceInput(node, group, draft);
  return true;
}

function isEpilogue(node: Node, { use: { group }, place }: Placement, draft: Draft): boolean {
  return (
    draft.device.abilities?.epilogues === true &&
    place !== undefined &&
    isPlain(group) &&
    isOnePerRow(place, group.split) &&
    isSameShape(squeezed(node.shape), group.space)
  );
}

function isOverRows(node: Node, { use: { group }, place }: Placement, draft: Draft): boolean {
  const [operand] = node.inputs;
  const { space } = group;
  const isFirst = group.folds.size === 0;
  if (!draft.device.abilities?.rows || !place || !operand || group.product) return false;
  if (isFirst && (group.operations === 0 || isPacked(group))) return false;
  const split = isFirst ? space.length - squeezed(foldedShape(node)).length : group.split;
  if (split >= space.length || !isOnePerRow(place, split) || !foldsLastAxes(node)) return false;
  const [rows, row] = [sizeOf(space.slice(0, split)), sizeOf(space.slice(split))];
  if (row > MAX_ROW || rows === 0 || row === 0 || (row > SHORT_ROW && rows < FEW_ROWS)) return false;
  if (!isSameShape(squeezed(operand.shape), space)) return false;
  group.split = split;
  return true;
}
