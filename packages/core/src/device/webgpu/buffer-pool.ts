import { bufferTooLarge } from './gpu-errors.ts';

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
  /** @throws TRS_CORE_BUFFER_TOO_LARGE */
  take(bytes: number): GPUBuffer;
  give(buffer: GPUBuffer): void;
  /** A buffer that the device had no memory for: it is never handed out again, and less is kept from now on. */
  condemn(buffer: GPUBuffer): void;
  /** Destroys what has not been wanted for long, or is too much. Only when no work is waiting to be submitted. */
  trim(): void;
  readonly statistics: () => { readonly usedBytes: number; readonly keptBytes: number };
}

/** Sizes are rounded up to an eighth of a power of two: few sizes, and little waste. Always whole fours of words. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = 2 ** Math.max(4, Math.ceil(Math.log2(bytes)) - 4);
  return Math.ceil(bytes / step) * step;
}

/** @param largest the most bytes that one buffer may have */
export function bufferPool(largest: number, create: (bytes: number) => GPUBuffer): BufferPool {
  const kept = new Map<number, Kept[]>();
  const condemned = new WeakSet<GPUBuffer>();
  let usedBytes = 0;
  let keptBytes = 0;
  let clock = 0;
  /** What the device is known to hold at most: learnt when it ran out of memory. */
  let capacity = Number.POSITIVE_INFINITY;
  const drop = ({ gpu }: Kept): void => {
    keptBytes -= gpu.size;
    gpu.destroy();
  };
  return {
    take(bytes) {
      if (bytes > largest) throw bufferTooLarge(bytes, largest);
      const size = Math.min(sizeClass(bytes), largest);
      const known = kept.get(size)?.pop();
      // First, as it may throw.
      const gpu = known?.gpu ?? create(size);
      if (known) keptBytes -= size;
      usedBytes += size;
      return gpu;
    },
    give(gpu) {
      usedBytes -= gpu.size;
      if (condemned.has(gpu)) {
        gpu.destroy();
        return;
      }
      keptBytes += gpu.size;
      const list = kept.get(gpu.size);
      if (list) list.push({ gpu, since: clock });
      else kept.set(gpu.size, [{ gpu, since: clock }]);
    },
    condemn(gpu) {
      condemned.add(gpu);
      capacity = Math.min(capacity, Math.max(0, usedBytes + keptBytes - gpu.size));
    },
    trim() {
      clock++;
      const limit = Math.min(Math.max(KEPT_BYTES, usedBytes), Math.max(0, capacity - 2 * usedBytes));
      for (const [size, list] of kept) {
        // The oldest are in front, since the newest are taken first.
        while (list[0] && (clock - list[0].since > MAX_AGE || keptBytes > limit)) {
          const [oldest] = list.splice(0, 1);
          if (oldest) drop(oldest);
        }
        if (list.length === 0) kept.delete(size);
      }
    },
    statistics: () => ({ usedBytes, keptBytes }),
  };
}
