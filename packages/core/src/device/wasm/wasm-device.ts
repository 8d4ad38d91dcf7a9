import type { DType } from '../../graph/dtype.ts';
import type { Kernel } from '../../schedule/kernel.ts';
import type { Plan, Step } from '../../schedule/plan.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Device, DeviceBuffer } from '../device.ts';
import { type Arena, planArena } from './arena.ts';
import { runArgsort } from './argsort.ts';
import { type BoundKernel, kernelCache } from './kernel-cache.ts';
import { type Block, linearMemory, type MemoryUse } from './memory.ts';

interface WasmBuffer extends DeviceBuffer {
  readonly block: Block;
  /** Set once the memory is given back: a second time would give away what is someone else's by then. */
  isReleased: boolean;
  /** Never touched, so it costs no memory; the collector sees by it how much a small object holds on to. */
  readonly ballast?: ArrayBuffer;
}

export interface WasmDevice extends Device {
  memoryUse(): MemoryUse;
}

/** A step ready to run: everything but the addresses. */
interface PreparedStep {
  readonly step: Step;
  /** Undefined for work that is done by the host. */
  readonly bound: BoundKernel | undefined;
  readonly operands: number[];
  /** Where the step's own constants lie in the plan's block. */
  readonly constants: number;
}

interface PreparedPlan {
  readonly steps: readonly PreparedStep[];
  readonly arena: Arena;
  readonly scratch: number;
  readonly constants: readonly number[];
}

/** Smaller buffers do not need to be seen by the collector one by one. */
const BALLAST_FROM = 65_536;
const WORD = 4;
/** Operands of a phase before the inputs: begin, end, shared scratch, thread scratch, table, output. */
const BEFORE_INPUTS = 6;

const isWasmBuffer = (buffer: DeviceBuffer): buffer is WasmBuffer => 'block' in buffer;
const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** The CPU through WebAssembly: kernels are compiled for their shapes, and run over one linear memory. */
export function wasmDevice(): WasmDevice {
  const memory = linearMemory(false);
  const cache = kernelCache(memory, false);
  const finalizer = new FinalizationRegistry<Block>((block) => memory.free(block));
  const prepared = new WeakMap<Plan, PreparedPlan>();

  const wrap = (dtype: DType, size: number, block: Block): WasmBuffer => {
    const plain = { dtype, size, block, isReleased: false };
    const buffer = block.bytes < BALLAST_FROM ? plain : { ...plain, ballast: new ArrayBuffer(block.bytes) };
    finalizer.register(buffer, block, buffer);
    return buffer;
  };
  const newBuffer = (dtype: DType, size: number): WasmBuffer =>
    wrap(dtype, size, memory.allocate(Math.max(1, size) * WORD));
  const own = (buffer: DeviceBuffer): WasmBuffer => {
    if (!isWasmBuffer(buffer)) throw new TypeError('A buffer of another device reached WebAssembly.');
    if (buffer.isReleased) throw new TypeError('A buffer was used after its memory was given back.');
    return buffer;
  };
  /** Takes the memory away from a buffer. */
  const takeBlock = (buffer: DeviceBuffer): Block => {
    const { block } = own(buffer);
    own(buffer).isReleased = true;
    finalizer.unregister(buffer);
    return block;
  };
  const words = (dtype: DType, address: number, size: number): Float32Array | Int32Array => {
    const all = dtype === 'float32' ? memory.floats() : memory.ints();
    return all.subarray(address / WORD, address / WORD + size);
  };

  const prepare = (plan: Plan): PreparedPlan => {
    const known = prepared.get(plan);
    if (known) return known;
    const constants: number[] = [];
    let scratch = 0;
    const steps = plan.steps.map((step): PreparedStep => {
      const bound = step.kernel.kind === 'argsort' ? undefined : cache.get(step.kernel, step.inputs.length);
      const start = constants.length;
      constants.push(...(bound?.constants ?? []));
      const { sharedScratch = 0, threadScratch = 0, table = 0 } = bound?.compiled ?? {};
      scratch = Math.max(scratch, aligned(sharedScratch) + threadScratch);
      const operands = [0, 0, 0, 0, table, 0, ...step.inputs.map(() => 0)];
      if (bound && bound.constants.length > 0) operands.push(0);
      return { step, bound, operands, constants: start };
    });
    const made = { steps, arena: planArena(plan), scratch, constants };
    prepared.set(plan, made);
    return made;
  };

  const runStep = ({ bound, operands }: PreparedStep): void => {
    for (const phase of bound?.compiled.phases ?? []) {
      operands[1] = phase.units;
      phase.run(...operands);
    }
  };

  const execute = (plan: Plan, parameters: readonly DeviceBuffer[]): DeviceBuffer[] => {
    const { steps, arena, scratch, constants } = prepare(plan);
    const outputs = new Set(plan.outputs);
    const buffers: (WasmBuffer | undefined)[] = plan.slots.map(({ captured }, slot) => {
      const given = captured ?? parameters[slot];
      return given && own(given);
    });
    const constantsAt = aligned(arena.bytes);
    const scratchAt = constantsAt + aligned(constants.length * WORD);
    const bytes = scratchAt + scratch;
    const block = bytes > 0 ? memory.allocate(bytes) : undefined;
    const base = block?.address ?? 0;
    if (constants.length > 0) memory.floats().set(constants, (base + constantsAt) / WORD);
    const addressOf = (slot: number): number => {
      const buffer = buffers[slot];
      if (buffer) return buffer.block.address;
      const offset = arena.offsets[slot] ?? -1;
      if (offset < 0) throw new RangeError('A plan was run with fewer buffers than it has parameters.');
      return base + offset;
    };
    for (const one of steps) {
      const { step, bound, operands } = one;
      for (let i = 0; i < step.inputs.length; i++)
        operands[BEFORE_INPUTS + i] = addressOf(step.inputs[i] ?? 0);
      if (outputs.has(step.output)) {
        const slot = plan.slots[step.output] ?? { dtype: 'float32', size: 0 };
        const replaced = step.into === undefined ? undefined : buffers[step.into];
        buffers[step.output] = replaced
          ? wrap(slot.dtype, slot.size, takeBlock(replaced))
          : newBuffer(slot.dtype, slot.size);
        if (replaced && step.into !== undefined) buffers[step.into] = undefined;
      }
      const output = addressOf(step.output);
      operands[5] = output;
      if (bound) {
        const { sharedScratch } = bound.compiled;
        operands[2] = base + scratchAt;
        operands[3] = base + scratchAt + aligned(sharedScratch);
        if (bound.constants.length > 0) {
          operands[BEFORE_INPUTS + step.inputs.length] = base + constantsAt + one.constants * WORD;
        }
        runStep(one);
      } else hostStep(plan, step, addressOf);
      // Donated parameters that nothing took over; intermediates lie in the arena.
      for (const slot of step.releases) {
        const buffer = buffers[slot];
        if (buffer) memory.free(takeBlock(buffer));
        buffers[slot] = undefined;
      }
    }
    if (block) memory.free(block);
    return plan.outputs.map((slot) => {
      const buffer = buffers[slot];
      if (buffer) return buffer;
      throw new RangeError('A plan was run with fewer buffers than it has parameters.');
    });
  };

  const hostStep = (
    plan: Plan,
    { kernel, inputs, output }: Step,
    addressOf: (slot: number) => number,
  ): void => {
    if (kernel.kind !== 'argsort') return;
    const view = (slot: number): Float32Array | Int32Array => {
      const { dtype, size } = plan.slots[slot] ?? { dtype: 'float32', size: 0 };
      return words(dtype, addressOf(slot), size);
    };
    runArgsort(kernel, view(inputs[0] ?? output), view(output));
  };

  const device: WasmDevice = {
    name: 'wasm',
    description: `WebAssembly SIMD${cache.features.fma ? ' with fused multiply-add' : ''}, one thread`,
    abilities: { matrixViews: true, maxInputs: 24 },
    memoryUse: () => memory.use(),
    upload(values) {
      const dtype: DType =
        values instanceof Float32Array ? 'float32' : values instanceof Int32Array ? 'int32' : 'bool';
      const buffer = newBuffer(dtype, values.length);
      words(dtype, buffer.block.address, values.length).set(values);
      return buffer;
    },
    run(kernel: Kernel, inputs: readonly DeviceBuffer[]) {
      const slots = inputs.map(({ dtype, size }) => ({ dtype, size }));
      const output = inputs.length;
      const plan: Plan = {
        device,
        slots: [...slots, { dtype: kernel.dtype, size: sizeOf(kernel.shape) }],
        steps: [{ kernel, inputs: inputs.map((_, index) => index), output, releases: [] }],
        parameters: inputs.length,
        donated: [],
        outputs: [output],
      };
      const [result] = execute(plan, inputs);
      if (!result) throw new RangeError('A kernel has a result.');
      return result;
    },
    execute,
    release(buffer) {
      memory.free(takeBlock(buffer));
    },
    async read(buffer) {
      const values = words(buffer.dtype, own(buffer).block.address, buffer.size).slice();
      return buffer.dtype === 'bool' ? Uint8Array.from(values) : values;
    },
  };
  return device;
}
