import { USAGE } from './usage.ts';

/** Memory kept for reuse, up to this; and beyond it while not more than is in use. */
const KEPT_BYTES = 64 * 2 ** 20;
/** Trims after which a buffer that nobody wanted is given back. */
const MAX_AGE = 64;

interface Kept {
  readonly gpu: GPUBuffer;
  readonly since: number;
}

/** Storage buffers by size. What is given back is handed out again at once: the queue keeps the order of its uses. */
export interface BufferPool {
  take(bytes: number): GPUBuffer;
  give(buffer: GPUBuffer): void;
  /** Destroys what has not been wanted for long, or is too much. Only when no work is waiting to be submitted. */
  trim(): void;
  destroy(): void;
  readonly statistics: () => { readonly usedBytes: number; readonly keptBytes: number };
}

/** Sizes are rounded up to an eighth of a power of two: few sizes, and little waste. Always whole fours of words. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = 2 ** Math.max(4, Math.ceil(Math.log2(bytes)) - 4);
  return Math.ceil(bytes / step) * step;
}

export function bufferPool(device: GPUDevice, create: (bytes: number) => GPUBuffer): BufferPool {
  const kept = new Map<number, Kept[]>();
  let usedBytes = 0;
  let keptBytes = 0;
  let clock = 0;
  const drop = ({ gpu }: Kept): void => {
    keptBytes -= gpu.size;
    gpu.destroy();
  };
  return {
    take(bytes) {
      const size = Math.min(sizeClass(bytes), Math.max(bytes, device.limits.maxStorageBufferBindingSize));
      usedBytes += size;
      const known = kept.get(size)?.pop();
      if (!known) return create(size);
      keptBytes -= size;
      return known.gpu;
    },
    give(gpu) {
      usedBytes -= gpu.size;
      keptBytes += gpu.size;
      const list = kept.get(gpu.size);
      if (list) list.push({ gpu, since: clock });
      else kept.set(gpu.size, [{ gpu, since: clock }]);
    },
    trim() {
      clock++;
      const limit = Math.max(KEPT_BYTES, usedBytes);
      for (const [size, list] of kept) {
        // The oldest are in front, since the newest are taken first.
        while (list[0] && (clock - list[0].since > MAX_AGE || keptBytes > limit)) {
          const [oldest] = list.splice(0, 1);
          if (oldest) drop(oldest);
        }
        if (list.length === 0) kept.delete(size);
      }
    },
    destroy() {
      for (const list of kept.values()) list.forEach(drop);
      kept.clear();
    },
    statistics: () => ({ usedBytes, keptBytes }),
  };
}

export const STORAGE = USAGE.storage | USAGE.copySrc | USAGE.copyDst;
