import { missingValue, type Node } from '../graph/node.ts';
import { sizeOf } from '../graph/shape.ts';
import { addStep, type Draft, hasValue, newSlot } from './draft.ts';
import type { Expression } from './kernel.ts';
import { belowViews, isView, type Path, throughMovement } from './path.ts';
import { contiguousView, isContiguous, type View } from './view.ts';

/** The elements of a node: a buffer, and how to walk it. */
export interface Read {
  readonly slot: number;
  readonly view: View;
}

/** The slot of a node that has a value, or whose kernel has been planned. */
export function knownSlot(node: Node, draft: Draft): number | undefined {
  return draft.slotOf.get(node) ?? (node.buffer ? newSlot(node, draft) : undefined);
}

/** How the elements of a node are read, below whatever views there are. A reshape that is no view is copied. */
export function readOf(node: Node, draft: Draft, path: Path = undefined): Read {
  const { base, path: whole } = belowViews(node, (one) => hasValue(one, draft), path);
  let read: Read = { slot: slotOf(base, draft), view: contiguousView(base.shape) };
  for (let at = whole; at; at = at.outer) {
    const { movement } = at;
    const [below] = movement.inputs;
    const view = throughMovement(read.view, movement);
    if (view) read = { slot: read.slot, view };
    else if (below) {
      const copied = contiguousView(below.shape);
      read = { slot: copyOf(below, read, draft), view: throughMovement(copied, movement) ?? copied };
    }
  }
  return read;
}

/** The slot with a node's elements in row-major order; views are copied. */
export function contiguousSlot(node: Node, draft: Draft): number {
  const known = knownSlot(node, draft);
  if (known !== undefined) return known;
  return isView(node) ? copyOf(node, readOf(node, draft), draft) : slotOf(node, draft);
}

function slotOf(node: Node, draft: Draft): number {
  const known = knownSlot(node, draft);
  if (known !== undefined) return known;
  if (node.primitive.kind === 'data') throw missingValue(node, 'data');
  const { shape, dtype } = node;
  return addStep(node, { kind: 'elementwise', shape, dtype, expression: filling(node) }, [], draft);
}

/** What is computed from nothing. All other nodes have been planned before what uses them. */
function filling({ primitive, shape, dtype }: Node): Expression {
  if (primitive.kind === 'constant') return { kind: 'constant', value: primitive.value, dtype };
  if (primitive.kind === 'iota') return { kind: 'iota', view: contiguousView(shape), dtype };
  throw new RangeError(`A kernel reads a ${primitive.kind} that no kernel computes.`);
}

function copyOf(node: Node, { slot, view }: Read, draft: Draft): number {
  const known = draft.slotOf.get(node);
  if (known !== undefined) return known;
  const { shape, dtype } = node;
  const expression: Expression = { kind: 'load', input: 0, view, dtype };
  return addStep(node, { kind: 'elementwise', shape, dtype, expression }, [slot], draft);
}

/** The slot that a reshaped root can have in common with what it was made from, when that is no one else's result. */
export function sharedSlot(node: Node, draft: Draft): number | undefined {
  const { base } = belowViews(node, (one) => one !== node && hasValue(one, draft));
  if (!hasValue(base, draft)) return undefined;
  const { slot, view } = readOf(node, draft);
  const { size, captured } = draft.slots[slot] ?? { size: -1 };
  const isOurs = !captured && !draft.taken.has(slot);
  if (!isOurs || size !== sizeOf(node.shape) || !isContiguous(view)) return undefined;
  draft.taken.add(slot);
  draft.slotOf.set(node, slot);
  return slot;
}
