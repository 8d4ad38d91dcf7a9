import type { DType, TypedArrayOf } from '../graph/dtype.ts';
import type { Kernel } from '../schedule/kernel.ts';
import type { Plan } from '../schedule/plan.ts';

/** Memory of a device with some elements of one type. The device frees it when nothing refers to it any more. */
export interface DeviceBuffer {
  readonly dtype: DType;
  /** Elements. */
  readonly size: number;
}

/** What a device's code generator can take beyond plain kernels; the scheduler makes nothing else for it. */
export interface Abilities {
  /** `epilogue` of reduce and matmul. */
  readonly epilogues?: boolean;
  /** Kernels of kind `rows`. */
  readonly rows?: boolean;
  /** Operands of matmul with several axes for batch, rows or columns. */
  readonly matrixViews?: boolean;
  /** Products read a right side in place whose columns lie in panels of so many. */
  readonly panelColumns?: number;
  /** `float16` takes two bytes an element, and matmul reads it; elsewhere it takes a word, and is widened before. */
  readonly packsHalves?: boolean;
  /** Buffers that one kernel may read; 7 when left out, as WebGPU guarantees. */
  readonly maxInputs?: number;
}

/** Where tensors live and are computed. All devices pass one contract suite. */
export interface Device {
  /** `wasm`, `webgpu`, or what a test calls its own. */
  readonly name: string;
  /** What the device is, for `doctor`: an adapter's name. */
  readonly description: string;
  readonly abilities?: Abilities;
  /** Why the device is gone, and all that was on it; undefined as long as it works. */
  readonly lost?: string | undefined;
  upload(values: TypedArrayOf): DeviceBuffer;
  /** Runs one kernel; the result is in a new buffer. Calls run in order. */
  run(kernel: Kernel, inputs: readonly DeviceBuffer[]): DeviceBuffer;
  /** Runs a whole plan, where the device can do that with less overhead than kernel by kernel; gives a buffer for each root. */
  execute?(plan: Plan, parameters: readonly DeviceBuffer[]): DeviceBuffer[];
  /** Takes back the memory of a buffer that nothing reads any more, once the work handed over before has run. */
  release?(buffer: DeviceBuffer): void;
  /** Gives back what the device holds of the machine: an adapter, threads. */
  close?(): void;
  /** Waits for everything before it, and copies the values to the host. */
  read(buffer: DeviceBuffer): Promise<TypedArrayOf>;
}
