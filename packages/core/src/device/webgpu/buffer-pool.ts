import { bufferTooLarge } from './gpu-errors.ts';

/** Memory that may always be kept for reuse. */
const KEPT_BYTES = 64 * 2 ** 20;
/** In use and kept together may be so many times what was in use at once: results wait for the collector in between. */
const HEADROOM = 1.5;
/** Trims after which a buffer that nobody wanted is given back, and a peak forgotten. */
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
  /**
   * Destroys what has not been wanted for long, and what is more than half as much again as was in use at once lately. A step
   * that is repeated finds all its buffers again, as to make them can take longer than the step. Only when no work is waiting
   * to be submitted.
   */
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
  /** The most that was in use at once, since the last time that the clock came round and in the round before. */
  let [peak, lastPeak] = [0, 0];
  /** What the device is known to hold at most: learnt when it ran out of memory. */
  let capacity = Number.POSITIVE_INFINITY;
  /** The buffers of the size of which one has waited longest: in front, since the newest are taken first. */
  const oldest = (): [number, Kept[]] | undefined => {
    let found: [number, Kept[]] | undefined;
    for (const entry of kept)
      if ((entry[1][0]?.since ?? clock) < (found?.[1][0]?.since ?? clock + 1)) found = entry;
    return found;
  };
  const drop = ({ gpu }: Kept): void => {
    keptBytes -= gpu.size;
    gpu.destroy();
  };
  return {
    take(bytes) {
      if (bytes > largest) throw bufferTooLarge(bytes, largest);
      const size = Math.min(sizeClass(bytes), largest);
      const list = kept.get(size);
      const known = list?.pop();
      if (list?.length === 0) kept.delete(size);
      // First, as it may throw.
      const gpu = known?.gpu ?? create(size);
      if (known) keptBytes -= size;
      usedBytes += size;
      peak = Math.max(peak, usedBytes);
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
      if (clock % MAX_AGE === 0) [lastPeak, peak] = [peak, usedBytes];
      const spare = HEADROOM * Math.max(peak, lastPeak) - usedBytes;
      const limit = Math.min(Math.max(KEPT_BYTES, spare), Math.max(0, capacity - 2 * usedBytes));
      for (let next = oldest(); next; next = oldest()) {
        const [size, list] = next;
        if (keptBytes <= limit && clock - (list[0]?.since ?? clock) <= MAX_AGE) break;
        const one = list.shift();
        if (list.length === 0) kept.delete(size);
        if (one) drop(one);
      }
    },
    statistics: () => ({ usedBytes, keptBytes }),
  };
}
