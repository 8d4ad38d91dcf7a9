import { report } from '../profile.ts';
import { kernelOperations } from './kernel-cost.ts';
import { fusedFunctions, kernelText } from './kernel-text.ts';
import { slotBytes } from './memory-use.ts';
import type { Plan, Step } from './plan.ts';

/** Reports a step of a plan that has just run on the calling thread, begun at a time of `performance.now()`. */
export function reportStep({ device, slots }: Plan, { kernel, inputs, output }: Step, start: number): void {
  const functions = fusedFunctions(kernel).join(', ');
  report({
    device: device.name,
    label: functions === '' ? kernelText(kernel) : `${kernelText(kernel)} (${functions})`,
    start,
    milliseconds: performance.now() - start,
    bytes: [...inputs, output].reduce((sum, slot) => sum + slotBytes(slots[slot], device), 0),
    operations: kernelOperations(kernel),
  });
}
