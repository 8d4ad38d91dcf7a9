/// <reference types="@webgpu/types" />
import type { Program, Shader, ShaderTarget } from '../../codegen/wgsl/program.ts';
import { wgslOf } from '../../codegen/wgsl/wgsl.ts';
import { kernelOperations } from '../../schedule/kernel-cost.ts';
import type { Plan, Step } from '../../schedule/plan.ts';
import type { DeviceBuffer } from '../device.ts';
import { bindGroups } from './bind-groups.ts';
import type { CommandQueue, Dispatch } from './command-queue.ts';
import type { Failures } from './failures.ts';
import { bytesOf, type GpuMemory, gpuBufferOf } from './gpu-memory.ts';
import type { Pipeline } from './pipelines.ts';
import { type PlanMemory, planMemoryOf } from './plan-memory.ts';
import { WORD_BYTES } from './usage.ts';

/** A dispatch of a plan, with the places of its buffers in the plan's memory. */
interface PlannedDispatch {
  /** None where the output is nothing but zeros. */
  readonly dispatch: Dispatch | undefined;
  readonly places: readonly number[];
  readonly hasConstants: boolean;
  /** The place of an output that must be zeros before. */
  readonly clears: number | undefined;
}

/** A plan as it is dispatched, kept as long as the plan is. */
interface Prepared {
  readonly dispatches: readonly PlannedDispatch[];
  readonly memory: PlanMemory;
  /** The constants of all its shaders, written once. */
  readonly constants: GPUBuffer | undefined;
}

/** Runs plans: gives a buffer for each root. */
export type PlanRunner = (plan: Plan, parameters: readonly DeviceBuffer[]) => DeviceBuffer[];

/** WebGPU's largest allowed minimum for the offsets of uniforms. */
const ALIGNMENT = 256;

export function planRunner(
  memory: GpuMemory,
  queue: CommandQueue,
  log: Failures,
  pipelineOf: (label: string, source: string) => Pipeline,
  target: ShaderTarget,
): PlanRunner {
  const known = new WeakMap<Plan, Prepared>();
  // Constants go back to the pool with their plan.
  const finalizer = new FinalizationRegistry<GPUBuffer>((buffer) => memory.give(buffer));

  const prepare = (plan: Plan): Prepared => {
    const programs = plan.steps.map((step) => programOf(plan, step, target));
    const planned = planMemoryOf(
      plan,
      programs.map(({ scratch }) => scratch.map((words) => words * WORD_BYTES)),
    );
    const words: number[] = [];
    const dispatches = programs.flatMap((program, at) => {
      const step = plan.steps[at];
      return step
        ? dispatchesOf(plan, step, program, planned, planned.scratch[at] ?? [], words, pipelineOf)
        : [];
    });
    const constants = words.length === 0 ? undefined : memory.take(bytesOf(words.length));
    if (constants) {
      queue.write(constants, Uint32Array.from(words));
      finalizer.register(plan, constants);
    }
    const made = { dispatches, memory: planned, constants };
    known.set(plan, made);
    return made;
  };

  return (plan, parameters) => {
    const given = parameters.map(gpuBufferOf);
    const { dispatches, memory: planned, constants } = known.get(plan) ?? prepare(plan);
    const captured = planned.captured.map((slot) => gpuBufferOf(plan.slots[slot]?.captured));
    for (const { made } of [...given, ...captured]) {
      const broken = log.of(made);
      if (broken) throw broken;
    }
    const blocks = planned.blocks.map(memory.take);
    const buffers = [
      ...given.map(({ gpu }) => gpu),
      ...captured.map(({ gpu }) => gpu),
      ...blocks,
      ...planned.results.map(memory.take),
    ];
    const at = (place: number): GPUBuffer => buffers[place] ?? missing();
    // Before the work is pushed, so that its failures are theirs.
    const results = resultsOf(plan, planned, given, buffers, memory);
    for (const { dispatch, places, hasConstants, clears } of dispatches) {
      if (clears !== undefined) queue.push({ kind: 'clear', target: at(clears) });
      if (!dispatch) continue;
      const bound = places.map(at);
      if (hasConstants && constants) bound.push(constants);
      queue.push({ kind: 'dispatch', dispatch, buffers: bound });
    }
    // Backwards, so that the next run takes the same blocks in the same order.
    for (const block of blocks.reverse()) memory.give(block);
    for (const slot of planned.spent) {
      const parameter = given[slot];
      const gpu = parameter && memory.detach(parameter);
      if (gpu) memory.give(gpu);
    }
    return results;
  };
}

const programOf = (plan: Plan, step: Step, target: ShaderTarget): Program =>
  wgslOf(
    step.kernel,
    step.inputs.map((slot) => plan.slots[slot]?.dtype ?? 'float32'),
    target,
    step.into === undefined ? undefined : step.inputs.indexOf(step.into),
  );

function dispatchesOf(
  plan: Plan,
  step: Step,
  { shaders, startsFromZeros }: Program,
  { places }: PlanMemory,
  scratch: readonly number[],
  words: number[],
  pipelineOf: (label: string, source: string) => Pipeline,
): PlannedDispatch[] {
  const placeOf = (slot: number | undefined): number => places[slot ?? -1] ?? missing();
  const bytes = [...step.inputs, step.output].reduce(
    (sum, slot) => sum + bytesOf(plan.slots[slot]?.size ?? 0, plan.slots[slot]?.dtype),
    0,
  );
  if (shaders.length === 0 && startsFromZeros)
    return [{ dispatch: undefined, places: [], hasConstants: false, clears: placeOf(step.output) }];
  const operations = kernelOperations(step.kernel);
  const share = 1 / shaders.length;
  return shaders.map(({ label, source, buffers, constants, grid }: Shader, index) => {
    let part: { offset: number; size: number } | undefined;
    if (constants.length > 0) {
      while ((words.length * WORD_BYTES) % ALIGNMENT !== 0) words.push(0);
      part = { offset: words.length * WORD_BYTES, size: Math.ceil(constants.length / 4) * 4 * WORD_BYTES };
      words.push(...constants);
      while (words.length % 4 !== 0) words.push(0);
    }
    return {
      dispatch: {
        label,
        pipeline: pipelineOf(label, source),
        groups: bindGroups(part),
        grid,
        bytes: bytes * share,
        operations: operations * share,
      },
      places: buffers.map((use) => {
        if (use.kind === 'input') return placeOf(step.inputs[use.input]);
        return use.kind === 'output' ? placeOf(step.output) : (scratch[use.scratch] ?? missing());
      }),
      hasConstants: part !== undefined,
      clears: startsFromZeros && index === 0 ? placeOf(step.output) : undefined,
    };
  });
}

/** A buffer for each root. A donated parameter's memory may have become a result's. */
function resultsOf(
  plan: Plan,
  { places }: PlanMemory,
  given: readonly DeviceBuffer[],
  buffers: readonly GPUBuffer[],
  memory: GpuMemory,
): DeviceBuffer[] {
  const made = new Map<number, DeviceBuffer>();
  return plan.outputs.map((slot) => {
    const own = given[slot] ?? plan.slots[slot]?.captured ?? made.get(slot);
    if (own) return own;
    const { dtype, size } = plan.slots[slot] ?? missing();
    const place = places[slot] ?? missing();
    const donated = given[place];
    if (donated) memory.detach(donated);
    const buffer = memory.hold(dtype, size, buffers[place] ?? missing());
    made.set(slot, buffer);
    return buffer;
  });
}

function missing(): never {
  throw new RangeError('A plan was run with fewer buffers than it has parameters.');
}
