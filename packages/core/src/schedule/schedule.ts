import type { Device } from '../device/device.ts';
import { type Node, settle } from '../graph/node.ts';
import { measured } from '../profile.ts';
import { type Draft, newDraft, newSlot } from './draft.ts';
import { fuse } from './fuse.ts';
import { lower } from './lower.ts';
import { planMemory } from './memory.ts';
import { pendingInOrder } from './order.ts';
import { isView } from './path.ts';
import { type Plan, runPlan } from './plan.ts';
import { contiguousSlot, sharedSlot } from './read.ts';

export interface ScheduleOptions {
  /** Nodes whose buffers are given when the plan is run; what made them is not looked at. */
  readonly parameters?: readonly Node[];
  /** Indices of parameters that nothing reads after a run. */
  readonly donated?: readonly number[];
}

/** Computes nodes and what they need; then the nodes forget what they were made from. */
export function realize(roots: readonly Node[]): void {
  const pending = new Map<Device, Node[]>();
  for (const root of roots) {
    if (root.buffer) continue;
    const group = pending.get(root.device);
    if (group) group.push(root);
    else pending.set(root.device, [root]);
  }
  for (const group of pending.values()) {
    const plan = measured('schedule', () => schedule(group));
    const buffers = runPlan(plan, []);
    for (const [index, node] of group.entries()) {
      const buffer = buffers[index];
      if (buffer) settle(node, buffer);
    }
  }
}

/**
 * Plans the computation of nodes of one device: `fuse` decides what becomes one kernel, `lower` writes the kernels, `planMemory`
 * says how long buffers live. Nothing is computed, and no node is changed.
 *
 * @throws TRS_CORE_PLACEHOLDER when a node without a value is neither computed nor a parameter
 */
export function schedule(roots: readonly Node[], options: ScheduleOptions = {}): Plan {
  const { parameters = [], donated = [] } = options;
  const device = (roots[0] ?? parameters[0])?.device;
  if (!device) throw new RangeError('A plan needs a root or a parameter.');
  const draft = newDraft(device, roots, parameters);
  for (const node of parameters) {
    if (draft.slotOf.has(node)) throw new RangeError('A node is given twice as a parameter.');
    newSlot(node, draft);
  }
  const order = pendingInOrder(roots, draft);
  const groups = fuse(order, draft);
  for (const node of order) {
    const group = groups.get(node);
    if (group && !isShared(node, draft)) lower(group, draft, groups);
  }
  const outputs = roots.map((root) => contiguousSlot(root, draft));
  const { slots } = draft;
  const steps = planMemory(draft.steps, slots, parameters.length, donated, outputs);
  return { device, slots, steps, parameters: parameters.length, donated, outputs };
}

/** Whether the elements of a node lie where others are already. */
const isShared = (node: Node, draft: Draft): boolean =>
  draft.slotOf.has(node) || (isView(node) && sharedSlot(node, draft) !== undefined);
