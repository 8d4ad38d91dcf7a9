/// <reference types="@webgpu/types" />
import type { DType } from '../../graph/dtype.ts';
import { nodeCollector } from '../collector.ts';
import type { DeviceBuffer } from '../device.ts';
import { type Claim, reclaimer } from '../reclaimer.ts';
import { type BufferPool, bufferPool } from './buffer-pool.ts';
import type { Failures } from './failures.ts';
import { foreignBuffer, outOfMemory } from './gpu-errors.ts';
import { USAGE, WORD_BYTES } from './usage.ts';

export interface GpuDeviceBuffer extends DeviceBuffer {
  readonly gpu: GPUBuffer;
  /** The number of the work that made it. */
  readonly made: number;
  /**
   * In browsers, lets the collector feel the weight of the memory behind a small object; never touched, so it takes no memory
   * itself. Where garbage is collected on demand there is none: it would be collected far more often than that.
   */
  readonly ballast: ArrayBuffer | undefined;
  /** Undefined once the memory is given back. */
  claim: Claim<GPUBuffer> | undefined;
}

/** Memory of the adapter, behind tensors and for plans. Users never dispose: what no tensor refers to any more is used again. */
export interface GpuMemory extends Omit<BufferPool, 'condemn'> {
  /** A tensor's memory, new or given. */
  hold(dtype: DType, size: number, gpu?: GPUBuffer): GpuDeviceBuffer;
  /** Takes the memory away from a tensor; undefined when somebody has done so before. */
  detach(buffer: DeviceBuffer): GPUBuffer | undefined;
}

/** Allocations from this size on are given as fresh pages by the allocator, which cost nothing until they are written. */
const BALLAST_BYTES = 2 ** 18;

/** A real GPU has memory of its own, and computes a step in less time than a look for garbage takes. */
const LEAST_BYTES = 2 ** 30;

/** Also for the constants of plans, hence uniform. */
const STORAGE = USAGE.storage | USAGE.uniform | USAGE.copySrc | USAGE.copyDst;

const isGpuBuffer = (buffer: DeviceBuffer): buffer is GpuDeviceBuffer => 'gpu' in buffer;

/** @throws TRS_CORE_DEVICE_MISMATCH */
export function gpuBufferOf(buffer: DeviceBuffer | undefined): GpuDeviceBuffer {
  if (buffer && isGpuBuffer(buffer)) return buffer;
  throw foreignBuffer();
}

/** Of so many elements; two halves share a word. */
export const bytesOf = (size: number, dtype: DType = 'float32'): number =>
  Math.max(1, dtype === 'float16' ? Math.ceil(size / 2) : size) * WORD_BYTES;

export function gpuMemory(device: GPUDevice, log: Failures, isSoftware: boolean): GpuMemory {
  const hasBallast = nodeCollector() === undefined;
  const create = (bytes: number): GPUBuffer => {
    const from = log.next();
    device.pushErrorScope('out-of-memory');
    const buffer = device.createBuffer({ size: bytes, usage: STORAGE });
    const report = device.popErrorScope().then((error) => {
      if (!error) return;
      log.add(from, outOfMemory(bytes, pool.statistics().usedBytes));
      pool.condemn(buffer);
    });
    // Without a device there is nothing to report on.
    log.watch(report.catch(() => undefined));
    return buffer;
  };
  const { maxStorageBufferBindingSize, maxBufferSize } = device.limits;
  const pool = bufferPool(Math.min(maxStorageBufferBindingSize, maxBufferSize), create);
  const claims = reclaimer<GPUBuffer>(pool.give, isSoftware ? undefined : LEAST_BYTES);
  const take = (bytes: number): GPUBuffer => {
    claims.makeRoom(bytes);
    return pool.take(bytes);
  };
  return {
    take,
    give: pool.give,
    trim: pool.trim,
    statistics: pool.statistics,
    hold(dtype, size, gpu) {
      const bytes = bytesOf(size, dtype);
      const memory = gpu ?? take(bytes);
      const ballast = hasBallast && bytes >= BALLAST_BYTES ? new ArrayBuffer(bytes) : undefined;
      const buffer: GpuDeviceBuffer = {
        dtype,
        size,
        gpu: memory,
        made: log.next(),
        ballast,
        claim: undefined,
      };
      buffer.claim = claims.claim(buffer, memory, memory.size);
      return buffer;
    },
    detach(buffer) {
      if (!isGpuBuffer(buffer) || !buffer.claim) return undefined;
      claims.drop(buffer.claim);
      buffer.claim = undefined;
      // Older browsers leave it to the collector.
      buffer.ballast?.transfer?.(0);
      return buffer.gpu;
    },
  };
}
