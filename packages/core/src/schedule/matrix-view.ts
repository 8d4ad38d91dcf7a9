import type { Node } from '../graph/node.ts';
import { type Draft, hasValue } from './draft.ts';
import type { MatrixView } from './kernel.ts';
import { isView } from './path.ts';
import { contiguousSlot, type Read, readOf } from './read.ts';
import { contiguousView, reshapeView } from './view.ts';

/**
 * How a matrix product reads an operand as [batch, rows, columns]. Where the device takes them, reshapes that merge axes stay
 * views: the product walks the axes below, so that windows are never copied.
 */
export function matrixOperand(
  node: Node,
  [batch, rows, columns]: readonly [number, number, number],
  draft: Draft,
): Read & { readonly view: MatrixView } {
  const shape = [batch, rows, columns];
  const takesViews = draft.device.abilities?.matrixViews === true;
  const below = belowReshapes(node, draft);
  if (takesViews && below !== node && isView(below) && !hasValue(below, draft)) {
    const { slot, view } = readOf(below, draft);
    const split = splitAxes(view.shape, batch, rows, columns);
    if (split && !reshapeView(view, node.shape)) return { slot, view: { ...view, split } };
  }
  const { slot, view } = readOf(node, draft);
  const flat = reshapeView(view, shape);
  if (flat) return { slot, view: { ...flat, split: [1, 2] } };
  if (takesViews) return { slot, view: { ...view, split: [view.shape.length - 2, view.shape.length - 1] } };
  return { slot: contiguousSlot(node, draft), view: { ...contiguousView(shape), split: [1, 2] } };
}

/** What reshapes, one on the other, are made of: only the last shape matters. */
function belowReshapes(node: Node, draft: Draft): Node {
  let below = node;
  while (below.primitive.kind === 'reshape' && !hasValue(below, draft)) {
    const [next] = below.inputs;
    if (!next) break;
    below = next;
  }
  return below;
}

/** Where axes fall into batch, rows and columns; undefined when an axis would have to be cut. */
function splitAxes(
  shape: readonly number[],
  batch: number,
  rows: number,
  columns: number,
): readonly [number, number] | undefined {
  const take = (from: number, size: number): number => {
    let product = 1;
    let axis = from;
    while (product < size && axis < shape.length) product *= shape[axis++] ?? 1;
    return product === size ? axis : -1;
  };
  const first = take(0, batch);
  const second = first < 0 ? -1 : take(first, rows);
  const last = second < 0 ? -1 : take(second, columns);
  if (last < 0 || shape.slice(last).some((length) => length !== 1)) return undefined;
  return [first, second];
}
