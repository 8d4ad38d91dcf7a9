import type { Device, DeviceBuffer } from '../device/device.ts';
import type { DType } from '../graph/dtype.ts';
import { sizeOf } from '../graph/shape.ts';
import type { Kernel } from './kernel.ts';

/** A buffer of a plan, by its place in `Plan.slots`. */
export interface Slot {
  readonly dtype: DType;
  /** Elements. */
  readonly size: number;
  /** Values that were there before the plan was made, and that every run reads. */
  readonly captured?: DeviceBuffer;
}

/** One kernel: which slots it reads, in the order of the kernel's inputs, and which it makes. */
export interface Step {
  readonly kernel: Kernel;
  readonly inputs: readonly number[];
  readonly output: number;
  /** Slots that nothing reads after this step, and that are neither captured, outputs nor parameters that are kept. */
  readonly releases: readonly number[];
  /** One of `releases` whose memory the output may take over: the kernel reads each element before it writes it. */
  readonly into?: number;
}

/**
 * What it takes to compute some nodes from parameters: kernels in order, over numbered buffers. A plan can be run any number
 * of times; what it makes on the way dies with each run.
 */
export interface Plan {
  readonly device: Device;
  readonly slots: readonly Slot[];
  readonly steps: readonly Step[];
  /** How many slots, the first ones, are given at each run. */
  readonly parameters: number;
  /** Parameters that no one reads after a run: their memory is reused, so that an update happens in place. */
  readonly donated: readonly number[];
  /** The slot of each root; a parameter or a captured buffer when the root is one. */
  readonly outputs: readonly number[];
}

/** One kernel as a plan whose parameters are the kernel's inputs. */
export function kernelPlan(
  device: Device,
  kernel: Kernel,
  inputs: readonly Pick<DeviceBuffer, 'dtype' | 'size'>[],
): Plan {
  const output = inputs.length;
  return {
    device,
    slots: [
      ...inputs.map(({ dtype, size }) => ({ dtype, size })),
      { dtype: kernel.dtype, size: sizeOf(kernel.shape) },
    ],
    steps: [{ kernel, inputs: [...inputs.keys()], output, releases: [] }],
    parameters: output,
    donated: [],
    outputs: [output],
  };
}

/** Runs a plan once: gives a buffer for each root. Work is handed to the device in order; nothing waits. */
export function runPlan(plan: Plan, parameters: readonly DeviceBuffer[]): DeviceBuffer[] {
  const { device } = plan;
  if (device.execute) return device.execute(plan, parameters);
  const buffers = plan.slots.map((slot, index) => slot.captured ?? parameters[index]);
  for (const step of plan.steps) {
    buffers[step.output] = device.run(
      step.kernel,
      step.inputs.map((slot) => held(buffers[slot])),
    );
    for (const slot of step.releases) {
      const buffer = buffers[slot];
      if (buffer) device.release?.(buffer);
      buffers[slot] = undefined;
    }
  }
  return plan.outputs.map((slot) => held(buffers[slot]));
}

function held(buffer: DeviceBuffer | undefined): DeviceBuffer {
  if (buffer) return buffer;
  throw new RangeError('A plan was run with fewer buffers than it has parameters.');
}
