/// <reference types="@webgpu/types" />
import type { Program, ShaderTarget } from '../../codegen/wgsl/program.ts';
import { wgslOf } from '../../codegen/wgsl/wgsl.ts';
import { debug } from '../../debug.ts';
import { allocate, type DType, type TypedArrayOf } from '../../graph/dtype.ts';
import { isProfiling, report, type Timing } from '../../profile.ts';
import type { Kernel } from '../../schedule/kernel.ts';
import { kernelOperations } from '../../schedule/kernel-cost.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Device, DeviceBuffer } from '../device.ts';
import { type Claim, reclaimer } from '../reclaimer.ts';
import { type FoundAdapter, findAdapter, requestDevice, shaderTarget } from './adapter.ts';
import { bufferPool, STORAGE } from './buffer-pool.ts';
import { commandQueue } from './command-queue.ts';
import { failures } from './failures.ts';
import { bufferTooLarge, deviceLost, foreignBuffer, outOfMemory } from './gpu-errors.ts';
import { type Pipeline, pipelineCache } from './pipelines.ts';
import { profiler } from './profiler.ts';
import { MAP_READ, USAGE, WORD_BYTES } from './usage.ts';

export interface WebGpuOptions {
  /** In place of the browser's or Dawn's: tests inject failures through it. */
  readonly gpu?: GPU;
  /** Write shaders as for a real GPU, also where the adapter is software: so that they can be tested without one. */
  readonly assumeHardware?: boolean;
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

interface GpuDeviceBuffer extends DeviceBuffer {
  readonly gpu: GPUBuffer;
  /** The number of the work that made it. */
  readonly made: number;
  /** Lets the collector feel the weight of the memory behind a small object; never touched, so it takes no memory itself. */
  readonly ballast: ArrayBuffer | undefined;
  /** Undefined once the memory is given back. */
  claim: Claim<GPUBuffer> | undefined;
}

const isGpuBuffer = (buffer: DeviceBuffer): buffer is GpuDeviceBuffer => 'gpu' in buffer;

/** Allocations from this size on are given as fresh pages by the allocator, which cost nothing until they are written. */
const BALLAST_BYTES = 2 ** 18;

/** Opens the adapter of the browser, or Dawn's in Node. @throws TRS_CORE_DEVICE_UNAVAILABLE */
export async function openWebGpu(options: WebGpuOptions = {}): Promise<WebGpuDevice> {
  const found = await findAdapter(options.gpu);
  const isWanted = debug().level >= 2 || isProfiling();
  const onKernel = options.onKernel ?? (isWanted ? report : undefined);
  const { device, canProfile } = await requestDevice(found.adapter, onKernel !== undefined);
  const target = shaderTarget(device, found.isSoftware && options.assumeHardware !== true);
  return webGpuDevice(found, device, target, canProfile ? onKernel : undefined);
}

/** A kernel as it is dispatched, kept as long as the kernel is. */
interface Prepared {
  readonly program: Program;
  readonly pipelines: readonly Pipeline[];
  readonly operations: number;
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
    lost = reason === 'destroyed' ? 'it was closed' : message || 'the driver dropped it';
    return deviceLost(lost);
  });
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault();
    log.add(0, new Error(event.error.message));
  });
  const pipelineOf = pipelineCache(device, (label, source) => {
    if (level >= 3) console.error(`webgpu ${label}\n${source}`);
    else if (level >= 1) console.error(`webgpu compiles ${label}`);
  });
  const create = (bytes: number): GPUBuffer => {
    const from = log.next();
    device.pushErrorScope('out-of-memory');
    const buffer = device.createBuffer({ size: bytes, usage: STORAGE });
    const scope = device.popErrorScope().then((error) => {
      if (error) log.add(from, outOfMemory(bytes));
    });
    // Without a device there is nothing to report on.
    log.watch(scope.catch(() => undefined));
    return buffer;
  };
  const pool = bufferPool(device, create);
  const queue = commandQueue(
    device,
    onKernel && profiler(device, onKernel),
    (error) => log.add(0, error),
    () => pool.trim(),
  );
  // A buffer that no tensor refers to any more is used again: users never dispose.
  const claims = reclaimer<GPUBuffer>(pool.give);

  const newBuffer = (dtype: DType, size: number): GpuDeviceBuffer => {
    if (lost !== undefined) throw deviceLost(lost);
    const bytes = Math.max(1, size) * WORD_BYTES;
    const most = device.limits.maxStorageBufferBindingSize;
    if (bytes > most) throw bufferTooLarge(size, most);
    claims.makeRoom(bytes);
    const gpu = pool.take(bytes);
    const buffer: GpuDeviceBuffer = {
      dtype,
      size,
      gpu,
      made: log.next(),
      ballast: bytes >= BALLAST_BYTES ? new ArrayBuffer(bytes) : undefined,
      claim: undefined,
    };
    buffer.claim = claims.claim(buffer, gpu, gpu.size);
    return buffer;
  };

  const prepared = new WeakMap<Kernel, Map<string, Prepared>>();
  const prepare = (kernel: Kernel, inputTypes: readonly DType[]): Prepared => {
    const key = inputTypes.join();
    const byTypes = prepared.get(kernel) ?? new Map<string, Prepared>();
    prepared.set(kernel, byTypes);
    const known = byTypes.get(key);
    if (known) return known;
    const program = wgslOf(kernel, inputTypes, target);
    const pipelines = program.shaders.map(({ label, source }) => pipelineOf(label, source));
    const made = { program, pipelines, operations: kernelOperations(kernel) };
    byTypes.set(key, made);
    return made;
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
      maxInputs: device.limits.maxStorageBuffersPerShaderStage - 1,
    },
    upload(values) {
      const dtype: DType =
        values instanceof Float32Array ? 'float32' : values instanceof Int32Array ? 'int32' : 'bool';
      const buffer = newBuffer(dtype, values.length);
      const words = (): Float32Array | Int32Array | Uint32Array =>
        values instanceof Uint8Array ? Uint32Array.from(values) : values;
      if (values.length > 0) queue.push({ kind: 'write', target: buffer.gpu, words });
      return buffer;
    },
    run(kernel, inputs) {
      const own = inputs.map((input) => {
        if (!isGpuBuffer(input)) throw foreignBuffer();
        return input.gpu;
      });
      const output = newBuffer(kernel.dtype, sizeOf(kernel.shape));
      const { program, pipelines, operations } = prepare(
        kernel,
        inputs.map((input) => input.dtype),
      );
      const scratch = program.scratch.map((words) => pool.take(words * WORD_BYTES));
      if (program.startsFromZeros) queue.push({ kind: 'clear', target: output.gpu });
      const bytes = [...inputs, output].reduce((sum, { size }) => sum + size * WORD_BYTES, 0);
      for (const [index, shader] of program.shaders.entries()) {
        const pipeline = pipelines[index];
        if (!pipeline) continue;
        const buffers = shader.buffers.flatMap((use) => {
          const buffer =
            use.kind === 'input' ? own[use.input] : use.kind === 'output' ? output.gpu : scratch[use.scratch];
          return buffer ? [buffer] : [];
        });
        const { constants, grid } = shader;
        const share = 1 / program.shaders.length;
        queue.push({
          kind: 'dispatch',
          pipeline,
          buffers,
          constants,
          grid,
          bytes: bytes * share,
          operations: operations * share,
        });
      }
      for (const buffer of scratch) pool.give(buffer);
      return output;
    },
    release(buffer) {
      if (!isGpuBuffer(buffer) || !buffer.claim) return;
      claims.drop(buffer.claim);
      buffer.claim = undefined;
      // Older browsers leave it to the collector.
      buffer.ballast?.transfer?.(0);
      pool.give(buffer.gpu);
    },
    async read(buffer) {
      if (!isGpuBuffer(buffer)) throw foreignBuffer();
      await Promise.race([queue.drained(), whenLost]);
      if (lost !== undefined) throw deviceLost(lost);
      const bytes = Math.max(1, buffer.size) * WORD_BYTES;
      const staging = device.createBuffer({ size: bytes, usage: USAGE.mapRead | USAGE.copyDst });
      const copy = device.createCommandEncoder();
      copy.copyBufferToBuffer(buffer.gpu, 0, staging, 0, bytes);
      device.queue.submit([copy.finish()]);
      const mapped = staging.mapAsync(MAP_READ).then(
        () => undefined,
        (cause: unknown) => (cause instanceof Error ? cause : new Error(String(cause))),
      );
      const failed = await Promise.race([mapped, whenLost]);
      await log.settled();
      if (lost !== undefined) throw deviceLost(lost);
      const broken = log.of(buffer.made) ?? failed;
      if (broken) throw broken;
      const values = fromWords(buffer.dtype, staging.getMappedRange().slice(0), buffer.size);
      staging.destroy();
      return values;
    },
    statistics: () => ({ ...queue.counts, ...pool.statistics() }),
    close: () => device.destroy(),
  };
  return held;
}

function fromWords(dtype: DType, words: ArrayBuffer, size: number): TypedArrayOf {
  if (dtype === 'float32') return new Float32Array(words, 0, size);
  if (dtype === 'int32') return new Int32Array(words, 0, size);
  const values = allocate('bool', size);
  values.set(new Uint32Array(words, 0, size));
  return values;
}
