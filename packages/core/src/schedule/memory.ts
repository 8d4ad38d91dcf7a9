import { visitExpressions } from './expression.ts';
import type { Kernel } from './kernel.ts';
import type { Slot, Step } from './plan.ts';
import { isContiguous } from './view.ts';

/** A step before its memory is planned. */
export type RawStep = Omit<Step, 'releases' | 'into'>;

/**
 * Finds for each step the slots that die with it, so that intermediates are released as soon as their last reader has run,
 * and outputs take over the memory of what they replace.
 */
export function planMemory(
  steps: readonly RawStep[],
  slots: readonly Slot[],
  parameters: number,
  donated: readonly number[],
  outputs: readonly number[],
): Step[] {
  const kept = new Set(outputs);
  for (const [slot, { captured }] of slots.entries()) {
    if (captured || (slot < parameters && !donated.includes(slot))) kept.add(slot);
  }
  const lastReader = new Map<number, number>();
  for (const [at, step] of steps.entries()) for (const slot of step.inputs) lastReader.set(slot, at);
  return steps.map((step, at) => {
    const releases = [...new Set(step.inputs)].filter(
      (slot) => !kept.has(slot) && lastReader.get(slot) === at,
    );
    const into = releases.find((slot) => canReplace(step, slot, slots));
    return into === undefined ? { ...step, releases } : { ...step, releases, into };
  });
}

/** Whether a kernel reads each element of an input only before it writes the output's element at the same place. */
function canReplace(step: RawStep, slot: number, slots: readonly Slot[]): boolean {
  const from = slots[slot];
  const to = slots[step.output];
  if (!from || !to || from.dtype !== to.dtype || from.size !== to.size) return false;
  return step.kernel.kind === 'elementwise' && readsInPlace(step.kernel, step.inputs.indexOf(slot));
}

function readsInPlace(kernel: Extract<Kernel, { kind: 'elementwise' }>, input: number): boolean {
  let isInPlace = true;
  visitExpressions([kernel.expression], (inner) => {
    if (inner.kind === 'load' && inner.input === input && !isContiguous(inner.view)) isInPlace = false;
  });
  return isInPlace;
}
