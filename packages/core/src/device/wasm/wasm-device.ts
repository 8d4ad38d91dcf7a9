import { TILE_COLUMNS } from '../../codegen/wasm/matmul/micro-kernel.ts';
import type { DType } from '../../graph/dtype.ts';
import type { Kernel } from '../../schedule/kernel.ts';
import { kernelPlan } from '../../schedule/plan.ts';
import type { Device, DeviceBuffer } from '../device.ts';
import { reclaimer } from '../reclaimer.ts';
import { wasmBuffers } from './buffers.ts';
import { kernelCache } from './kernel-cache.ts';
import { type Block, linearMemory, type MemoryUse } from './memory.ts';
import { planRunner, wordsAt } from './plan-runner.ts';
import { threadCount } from './threads/thread-count.ts';
import { type Sharing, threadTeam } from './threads/thread-team.ts';

export interface WasmDevice extends Device {
  /** Threads that compute, the calling one included. */
  readonly threads: number;
  memoryUse(): MemoryUse;
  /** Parts of kernels that other threads than the calling one have run. */
  helped(): number;
  /** Ends the other threads. What is computed afterwards is computed by the calling one. */
  close(): void;
}

export interface WasmOptions {
  /** Threads that compute, the calling one included; as many as there are cores when left out. */
  readonly threads?: number;
  /** When they take part, in place of what was measured. */
  readonly sharing?: Partial<Sharing>;
}

/** Threads of devices that nothing refers to any more. */
const abandoned = new FinalizationRegistry<() => void>((end) => end());

/**
 * The CPU through WebAssembly: kernels are compiled for their shapes, and run over one linear memory by any number of threads.
 * How many does not change a bit of the results.
 *
 * @throws TRS_CORE_THREADS
 */
export function wasmDevice(options: WasmOptions = {}): WasmDevice {
  const threads = threadCount(options.threads);
  const memory = linearMemory(threads > 1, () => claims.sweep());
  const claims = reclaimer<Block>(memory.free);
  const cache = kernelCache({ memory, claims, isShared: threads > 1 });
  const team = threadTeam(memory.memory, threads, options.sharing);
  const buffers = wasmBuffers(memory, claims);
  const execute = planRunner({ memory, buffers, cache, team, threads });

  const device: WasmDevice = {
    name: 'wasm',
    description: `WebAssembly SIMD${cache.features.fma ? ' with fused multiply-add' : ''}, ${threads === 1 ? 'one thread' : `${threads} threads`}`,
    abilities: { epilogues: true, rows: true, matrixViews: true, panelColumns: TILE_COLUMNS, maxInputs: 24 },
    threads,
    memoryUse: () => memory.use(),
    helped: team.helped,
    close: team.end,
    upload(values) {
      const dtype: DType =
        values instanceof Float32Array ? 'float32' : values instanceof Int32Array ? 'int32' : 'bool';
      const buffer = buffers.allocate(dtype, values.length);
      wordsAt(memory, dtype, buffer.block.address, values.length).set(values);
      return buffer;
    },
    run(kernel: Kernel, inputs: readonly DeviceBuffer[]) {
      const [result] = execute(kernelPlan(device, kernel, inputs), inputs);
      if (!result) throw new RangeError('A kernel has a result.');
      return result;
    },
    execute,
    release(buffer) {
      memory.free(buffers.takeBlock(buffer));
    },
    async read(buffer) {
      const values = wordsAt(memory, buffer.dtype, buffers.own(buffer).block.address, buffer.size).slice();
      return buffer.dtype === 'bool' ? Uint8Array.from(values) : values;
    },
  };
  abandoned.register(device, team.end);
  return device;
}
