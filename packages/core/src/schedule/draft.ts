import type { Device } from '../device/device.ts';
import type { Node } from '../graph/node.ts';
import { sizeOf } from '../graph/shape.ts';
import type { Kernel } from './kernel.ts';
import type { RawStep } from './memory.ts';
import type { Slot } from './plan.ts';

/** WebGPU guarantees eight storage buffers per kernel; one is the output. */
const MAX_KERNEL_INPUTS = 7;

/** A plan in the making. */
export interface Draft {
  readonly device: Device;
  readonly maxInputs: number;
  readonly slots: Slot[];
  /** Where the elements of a node lie, once that is known. */
  readonly slotOf: Map<Node, number>;
  readonly steps: RawStep[];
  /** Nodes that have a value whatever their primitive says. */
  readonly fixed: ReadonlySet<Node>;
  /** Nodes that are wanted as buffers of their own. */
  readonly wanted: ReadonlySet<Node>;
  /** Slots that are, or may become, the buffer of a root: two roots never share one. */
  readonly taken: Set<number>;
}

export const newDraft = (device: Device, roots: readonly Node[], parameters: readonly Node[]): Draft => ({
  device,
  maxInputs: device.abilities?.maxInputs ?? MAX_KERNEL_INPUTS,
  slots: [],
  slotOf: new Map(),
  steps: [],
  fixed: new Set(parameters),
  wanted: new Set(roots),
  taken: new Set(),
});

export function newSlot(node: Node, draft: Draft): number {
  const slot = draft.slots.length;
  const { dtype, buffer } = node;
  const size = sizeOf(node.shape);
  const isFixed = draft.fixed.has(node);
  draft.slots.push(buffer && !isFixed ? { dtype, size, captured: buffer } : { dtype, size });
  draft.slotOf.set(node, slot);
  if (isFixed || draft.wanted.has(node)) draft.taken.add(slot);
  return slot;
}

export function addStep(node: Node, kernel: Kernel, inputs: readonly number[], draft: Draft): number {
  const output = newSlot(node, draft);
  draft.steps.push({ kernel, inputs, output });
  return output;
}

/** Whether a node's elements are, or will have been, given: nothing looks at how it is made. */
export const hasValue = (node: Node, { slotOf, fixed }: Draft): boolean =>
  node.buffer !== undefined || slotOf.has(node) || fixed.has(node);

/** Whether a node is read from a buffer whatever it is made of. */
export const isStop = (node: Node, draft: Draft): boolean => hasValue(node, draft) || draft.wanted.has(node);
