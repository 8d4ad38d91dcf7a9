/// <reference types="@webgpu/types" />
import type { ShaderTarget } from '../../codegen/wgsl/program.ts';
import { debug } from '../../debug.ts';

import type { DType } from '../../graph/dtype.ts';
import { isProfiling, report, type Timing } from '../../profile.ts';
import { kernelPlan } from '../../schedule/plan.ts';
import type { Device } from '../device.ts';

import { type FoundAdapter, findAdapter, requestDevice, shaderTarget } from './adapter.ts';
import { commandQueue } from './command-queue.ts';
import { failures } from './failures.ts';

import { deviceLost, workRefused } from './gpu-errors.ts';
import { gpuBufferOf, gpuMemory } from './gpu-memory.ts';
import { pipelineCache } from './pipelines.ts';
import { planRunner } from './plan-runner.ts';
import { profiler } from './profiler.ts';
import { readBack } from './read-back.ts';
import { stagingPool } from './staging-pool.ts';

export interface WebGpuOptions {
  /** In place of the browser's or Dawn's: tests inject failures through it. */
  readonly gpu?: GPU;
  /** Write shaders as for another adapter: so that those for real GPUs can be tested without one. */
  readonly target?: Partial<ShaderTarget>;
  /** Called with the time of every kernel, where the adapter has timestamps. */
  readonly onKernel?: (timing: Timing) => void;
}

/** The WebGPU device, with what tests and benchmarks look at. */
export interface WebGpuDevice extends Device {
  readonly isSoftware: boolean;
  /** Dispatches and submits so far, and the bytes in use and kept for reuse. */
  statistics(): {
    readonly dispatches: number;
    readonly submits: number;
    readonly usedBytes: number;
    readonly keptBytes: number;
  };
  /** Gives the adapter back. Tensors of the device cannot be read afterwards. */
  close(): void;
}

/** Opens the adapter of the browser, or Dawn's in Node. @throws TRS_CORE_DEVICE_UNAVAILABLE */
export async function openWebGpu(options: WebGpuOptions = {}): Promise<WebGpuDevice> {
  const found = await findAdapter(options.gpu);
  const isWanted = debug().level >= 2 || isProfiling();
  const onKernel = options.onKernel ?? (isWanted ? report : undefined);
  const { device, canProfile } = await requestDevice(found.adapter, onKernel !== undefined);
  const target = { ...shaderTarget(device, found.adapter, found.isSoftware), ...options.target };
  return webGpuDevice(found, device, target, canProfile ? onKernel : undefined);
}

function webGpuDevice(
  { isSoftware, description }: FoundAdapter,
  device: GPUDevice,
  target: ShaderTarget,
  onKernel: ((timing: Timing) => void) | undefined,
): WebGpuDevice {
  const level = debug().level;
  const log = failures();
  let lost: string | undefined;
  const whenLost = device.lost.then(({ reason, message }) => {
    lost ??= reason === 'destroyed' ? 'it was closed' : message || 'the driver dropped it';
    return deviceLost(lost);
  });
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault();
    log.add(0, workRefused(event.error.message));
  });
  const memory = gpuMemory(device, log, isSoftware);
  const staging = stagingPool(device);
  const queue = commandQueue(device, onKernel && profiler(device, onKernel), log, memory.trim);
  const pipelineOf = pipelineCache(device, (label, source) => {
    if (level >= 3) console.error(`webgpu ${label}\n${source}`);
    else if (level >= 1) console.error(`webgpu compiles ${label}`);
  });
  const runPlan = planRunner(memory, queue, log, pipelineOf, target);
  const checkPresence = (): void => {
    if (lost !== undefined) throw deviceLost(lost);
  };

  const held: WebGpuDevice = {
    name: 'webgpu',
    description,
    isSoftware,
    get lost() {
      return lost;
    },
    abilities: {
      epilogues: true,
      rows: true,
      matrixViews: true,
      packsHalves: true,
      maxInputs: device.limits.maxStorageBuffersPerShaderStage - 1,
    },
    upload(values) {
      checkPresence();
      const dtype: DType =
        values instanceof Float32Array ? 'float32' : values instanceof Int32Array ? 'int32' : 'bool';
      const buffer = memory.hold(dtype, values.length);
      if (values.length > 0)
        queue.write(buffer.gpu, values instanceof Uint8Array ? Uint32Array.from(values) : values);
      return buffer;
    },
    run(kernel, inputs) {
      const [result] = held.execute?.(kernelPlan(held, kernel, inputs), inputs) ?? [];
      if (!result) throw new RangeError('A kernel has a result.');
      return result;
    },
    execute(plan, parameters) {
      checkPresence();
      return runPlan(plan, parameters);
    },
    release(buffer) {
      const gpu = memory.detach(buffer);
      if (gpu) memory.give(gpu);
    },
    async read(buffer) {
      const own = gpuBufferOf(buffer);
      await Promise.race([queue.drained(), whenLost]);
      checkPresence();
      const reading = readBack(device, staging, own);
      // Whether it comes first or last, a loss is what is told.
      const failed = await Promise.race([reading.then(() => undefined, asError), whenLost]);
      await Promise.race([log.settled(), whenLost]);
      checkPresence();
      const broken = log.of(own.made) ?? failed;
      if (broken) throw broken;
      return await reading;
    },
    statistics: () => ({ ...queue.counts, ...memory.statistics() }),
    close() {
      lost ??= 'it was closed';
      device.destroy();
    },
  };
  return held;
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
