/// <reference types="@webgpu/types" />
import { USAGE } from './usage.ts';

/** Buffers that were read through are kept for the next read, together up to this. */
const KEPT_BYTES = 16 * 2 ** 20;
const LEAST_BYTES = 256;

/** Buffers that the host reads through. To make one can take a real GPU's driver longer than a whole step of training. */
export interface StagingPool {
  /** At least so large, and not mapped. */
  take(bytes: number): GPUBuffer;
  /** For the next that reads; it must not be mapped any more. */
  give(buffer: GPUBuffer): void;
}

export function stagingPool(device: GPUDevice): StagingPool {
  const kept: GPUBuffer[] = [];
  let keptBytes = 0;
  return {
    take(bytes) {
      // What is too large to be kept is not rounded up.
      const size = bytes > KEPT_BYTES ? bytes : 2 ** Math.ceil(Math.log2(Math.max(bytes, LEAST_BYTES)));
      const known = kept.findLastIndex((buffer) => buffer.size === size);
      const [buffer] = known === -1 ? [] : kept.splice(known, 1);
      if (!buffer) return device.createBuffer({ size, usage: USAGE.mapRead | USAGE.copyDst });
      keptBytes -= size;
      return buffer;
    },
    give(buffer) {
      kept.push(buffer);
      keptBytes += buffer.size;
      while (keptBytes > KEPT_BYTES) {
        const oldest = kept.shift();
        keptBytes -= oldest?.size ?? 0;
        oldest?.destroy();
      }
    },
  };
}
