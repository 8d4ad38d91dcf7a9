import type { DType, TypedArrayOf } from '../../graph/dtype.ts';
import type { Kernel } from '../../schedule/kernel.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { runArgsort } from '../cpu/argsort.ts';
import type { Device, DeviceBuffer } from '../device.ts';
import { type CompiledKernel, kernelCache } from './kernel-cache.ts';
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

/** Smaller buffers do not need to be seen by the collector one by one. */
const BALLAST_FROM = 65_536;
const WORD = 4;

const isWasmBuffer = (buffer: DeviceBuffer): buffer is WasmBuffer => 'block' in buffer;

/** The CPU through WebAssembly: kernels are compiled for their shapes, and run over one linear memory. */
export function wasmDevice(): WasmDevice {
  const memory = linearMemory(false);
  const cache = kernelCache(memory, false);
  const finalizer = new FinalizationRegistry<Block>((block) => memory.free(block));

  const newBuffer = (dtype: DType, size: number): WasmBuffer => {
    const bytes = Math.max(1, size) * WORD;
    const block = memory.allocate(bytes);
    const plain = { dtype, size, block, isReleased: false };
    const buffer = bytes < BALLAST_FROM ? plain : { ...plain, ballast: new ArrayBuffer(bytes) };
    finalizer.register(buffer, block, buffer);
    return buffer;
  };
  const blockOf = (buffer: DeviceBuffer): Block => {
    if (!isWasmBuffer(buffer)) throw new TypeError('A buffer of another device reached WebAssembly.');
    if (buffer.isReleased) throw new TypeError('A buffer was used after its memory was given back.');
    return buffer.block;
  };
  const runCompiled = (compiled: CompiledKernel, output: number, inputs: readonly number[]): void => {
    const { phases, sharedScratch, threadScratch, table } = compiled;
    const scratch =
      sharedScratch + threadScratch > 0 ? memory.allocate(sharedScratch + threadScratch) : undefined;
    const shared = scratch?.address ?? 0;
    const operands = [shared, shared + Math.ceil(sharedScratch / 64) * 64, table, output, ...inputs];
    for (const phase of phases) phase.run(0, phase.units, ...operands);
    if (scratch) memory.free(scratch);
  };

  return {
    name: 'wasm',
    description: `WebAssembly SIMD${cache.features.fma ? ' with fused multiply-add' : ''}, one thread`,
    memoryUse: () => memory.use(),
    upload(values) {
      const dtype: DType =
        values instanceof Float32Array ? 'float32' : values instanceof Int32Array ? 'int32' : 'bool';
      const buffer = newBuffer(dtype, values.length);
      const words = dtype === 'float32' ? memory.floats() : memory.ints();
      words.set(values, buffer.block.address / WORD);
      return buffer;
    },
    run(kernel: Kernel, inputs: readonly DeviceBuffer[]) {
      const addresses = inputs.map((input) => blockOf(input).address);
      const output = newBuffer(kernel.dtype, sizeOf(kernel.shape));
      if (kernel.kind === 'argsort') {
        const [input = output] = inputs;
        runArgsort(kernel, wordsOf(input), wordsOf(output));
        return output;
      }
      const { compiled, constants } = cache.get(kernel, inputs.length);
      const block = constants.length > 0 ? memory.allocate(constants.length * WORD) : undefined;
      if (block) {
        memory.floats().set(constants, block.address / WORD);
        addresses.push(block.address);
      }
      runCompiled(compiled, output.block.address, addresses);
      if (block) memory.free(block);
      return output;
    },
    release(buffer) {
      const block = blockOf(buffer);
      if (!isWasmBuffer(buffer)) return;
      buffer.isReleased = true;
      finalizer.unregister(buffer);
      memory.free(block);
    },
    async read(buffer) {
      return copyOut(buffer.dtype, blockOf(buffer).address / WORD, buffer.size);
    },
  };

  /** The buffer's part of the memory; valid until the memory grows. */
  function wordsOf(buffer: DeviceBuffer): Float32Array | Int32Array {
    const word = blockOf(buffer).address / WORD;
    const words = buffer.dtype === 'float32' ? memory.floats() : memory.ints();
    return words.subarray(word, word + buffer.size);
  }

  function copyOut(dtype: DType, word: number, size: number): TypedArrayOf {
    if (dtype === 'float32') return memory.floats().slice(word, word + size);
    const ints = memory.ints().slice(word, word + size);
    return dtype === 'int32' ? ints : Uint8Array.from(ints);
  }
}
