/// <reference types="@webgpu/types" />
import { allocate, type DType, type TypedArrayOf } from '../../graph/dtype.ts';
import { outOfMemory, workRefused } from './gpu-errors.ts';
import { bytesOf, type GpuDeviceBuffer } from './gpu-memory.ts';
import type { StagingPool } from './staging-pool.ts';
import { MAP_READ } from './usage.ts';

/** Copies a buffer to the host, behind all that was submitted before. Rejects when the device says why it cannot. */
export async function readBack(
  device: GPUDevice,
  pool: StagingPool,
  buffer: GpuDeviceBuffer,
): Promise<TypedArrayOf> {
  const bytes = bytesOf(buffer.size);
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  const staging = pool.take(bytes);
  const memory = device.popErrorScope();
  const copy = device.createCommandEncoder();
  copy.copyBufferToBuffer(buffer.gpu, 0, staging, 0, bytes);
  device.queue.submit([copy.finish()]);
  const validity = device.popErrorScope();
  const mapped = staging.mapAsync(MAP_READ, 0, bytes).then(
    () => undefined,
    (cause: unknown) => (cause instanceof Error ? cause : new Error(String(cause))),
  );
  if (await memory) throw outOfMemory(bytes, bytes);
  const invalid = await validity;
  if (invalid) throw workRefused(invalid.message);
  const failed = await mapped;
  if (failed) throw failed;
  const values = fromWords(buffer.dtype, staging.getMappedRange(0, bytes).slice(0), buffer.size);
  staging.unmap();
  pool.give(staging);
  return values;
}

function fromWords(dtype: DType, words: ArrayBuffer, size: number): TypedArrayOf {
  if (dtype === 'float32') return new Float32Array(words, 0, size);
  if (dtype === 'int32') return new Int32Array(words, 0, size);
  const values = allocate('bool', size);
  values.set(new Uint32Array(words, 0, size));
  return values;
}
