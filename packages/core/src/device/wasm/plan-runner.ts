import { CoreError } from '../../core-error.ts';
import type { DType } from '../../graph/dtype.ts';
import { sizeOf } from '../../graph/shape.ts';
import { isProfiling, measured } from '../../profile.ts';
import { kernelText } from '../../schedule/kernel-text.ts';
import type { Plan, Slot, Step } from '../../schedule/plan.ts';
import { reportStep } from '../../schedule/report-step.ts';
import type { DeviceBuffer } from '../device.ts';
import { runArgsort } from './argsort.ts';
import { type Buffers, type WasmBuffer, WORD } from './buffers.ts';
import type { KernelCache } from './kernel-cache.ts';
import type { Block, LinearMemory } from './memory.ts';
import {
  aligned,
  BEFORE_INPUTS,
  type PreparedPlan,
  type PreparedStep,
  preparePlan,
} from './prepared-plan.ts';
import type { ThreadTeam } from './threads/thread-team.ts';

export interface RunnerParts {
  readonly memory: LinearMemory;
  readonly buffers: Buffers;
  readonly cache: KernelCache;
  readonly team: ThreadTeam;
  readonly threads: number;
}

/** Words of memory, as a type's elements; bools are int32. */
export function wordsAt(
  memory: LinearMemory,
  dtype: DType,
  address: number,
  size: number,
): Float32Array | Int32Array {
  const all = dtype === 'float32' ? memory.floats() : memory.ints();
  return all.subarray(address / WORD, address / WORD + size);
}

/** Runs plans: what they make on the way lies in one block, which is taken before the first step and given back after the last. */
export function planRunner(
  parts: RunnerParts,
): (plan: Plan, parameters: readonly DeviceBuffer[]) => DeviceBuffer[] {
  const { memory, cache, threads } = parts;
  const prepared = new WeakMap<Plan, PreparedPlan>();
  return (plan, parameters) => {
    const ready = prepared.get(plan) ?? measured('compile', () => preparePlan(plan, cache, threads));
    prepared.set(plan, ready);
    const given = plan.slots.map(({ captured }, slot) => {
      const buffer = captured ?? parameters[slot];
      return buffer && parts.buffers.own(buffer);
    });
    let block: Block | undefined;
    try {
      if (ready.bytes > 0) block = memory.allocate(ready.bytes);
      return runSteps(plan, ready, given, block?.address ?? 0, parts);
    } catch (thrown) {
      throw thrown instanceof CoreError && thrown.code === 'TRS_CORE_OUT_OF_MEMORY'
        ? planTooLarge(plan, thrown)
        : thrown;
    } finally {
      if (block) memory.free(block);
    }
  };
}

/** Without memory for a plan: names its largest kernel, and the line that asked for the result. */
function planTooLarge({ steps }: Plan, { message, hint }: CoreError): CoreError {
  const [first, ...rest] = steps.map(({ kernel }) => kernel);
  const largest = rest.reduce((a, b) => (a && sizeOf(a.shape) >= sizeOf(b.shape) ? a : b), first);
  const what = largest ? `${kernelText(largest)}: ` : '';
  return new CoreError('OUT_OF_MEMORY', `${what}${message}`, hint, 'unavailable', true);
}

function runSteps(
  plan: Plan,
  { steps, arena, constants, constantsAt, scratchAt }: PreparedPlan,
  buffers: (WasmBuffer | undefined)[],
  base: number,
  { memory, buffers: all, team }: RunnerParts,
): WasmBuffer[] {
  // All that has to be allocated is, before a donated parameter is overwritten: without memory, nothing has happened yet.
  const results = steps.map(({ step, result }) => {
    const { dtype, size } = slotOf(plan, step.output);
    return result === 'new' ? all.allocate(dtype, size) : undefined;
  });
  if (constants.length > 0) memory.floats().set(constants, (base + constantsAt) / WORD);
  const addressOf = (slot: number): number => {
    const buffer = buffers[slot];
    if (buffer) return buffer.block.address;
    const offset = arena.offsets[slot] ?? -1;
    if (offset < 0) throw missingBuffer();
    return base + offset;
  };
  const giveUp = (slot: number): Block | undefined => {
    const buffer = buffers[slot];
    buffers[slot] = undefined;
    return buffer && all.takeBlock(buffer);
  };
  const isTimed = isProfiling();
  for (const [at, prepared] of steps.entries()) {
    const { step, bound, operands, result } = prepared;
    const start = isTimed ? performance.now() : 0;
    for (let i = 0; i < step.inputs.length; i++) operands[BEFORE_INPUTS + i] = addressOf(step.inputs[i] ?? 0);
    const replaced = result === 'in place' && step.into !== undefined ? giveUp(step.into) : undefined;
    if (replaced) {
      const { dtype, size } = slotOf(plan, step.output);
      buffers[step.output] = all.wrap(dtype, size, replaced);
    } else buffers[step.output] = results[at];
    operands[5] = addressOf(step.output);
    if (bound) {
      operands[2] = base + scratchAt;
      operands[3] = base + scratchAt + aligned(bound.compiled.sharedScratch);
      if (bound.constants.length > 0)
        operands[BEFORE_INPUTS + step.inputs.length] = base + constantsAt + prepared.constants * WORD;
      runPhases(prepared, team);
    } else {
      hostStep(step, (slot) => {
        const { dtype, size } = slotOf(plan, slot);
        return wordsAt(memory, dtype, addressOf(slot), size);
      });
    }
    if (isTimed) reportStep(plan, step, start);
    // Donated parameters that nothing took over; intermediates lie in the arena.
    for (const slot of step.releases) {
      const block = giveUp(slot);
      if (block) memory.free(block);
    }
  }
  return plan.outputs.map((slot) => buffers[slot] ?? refuse());
}

function runPhases({ bound, operands }: PreparedStep, team: ThreadTeam): void {
  if (!bound) return;
  const { id, phases, code, threadScratch } = bound.compiled;
  const scratchStride = aligned(threadScratch);
  for (const [phase, { run, units, unitCost }] of phases.entries()) {
    team.run({ module: id, code, phase, run, units, unitCost, operands, scratchStride });
  }
}

function hostStep(
  { kernel, inputs, output }: Step,
  wordsOf: (slot: number) => Float32Array | Int32Array,
): void {
  if (kernel.kind === 'argsort') runArgsort(kernel, wordsOf(inputs[0] ?? output), wordsOf(output));
}

const slotOf = (plan: Plan, slot: number): Slot => plan.slots[slot] ?? { dtype: 'float32', size: 0 };

const missingBuffer = (): RangeError =>
  new RangeError('A plan was run with fewer buffers than it has parameters.');

function refuse(): never {
  throw missingBuffer();
}
