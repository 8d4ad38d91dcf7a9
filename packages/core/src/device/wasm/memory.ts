import { CoreError } from '../../core-error.ts';

const PAGE = 65_536;
/** Kernels may read whole vectors, and panels, beyond a buffer's end. */
const SLACK = 256;
/** Address 0 is never given out, so that it can mean nothing. */
const FIRST_ADDRESS = 1_024;
/** Memory grows by at least so much, and by an eighth of what it is. */
const LEAST_GROWTH = 256;
/** wasm32 addresses 4 GiB. */
export const MAXIMUM_PAGES = 65_536;

/** A block of linear memory. */
export interface Block {
  readonly address: number;
  readonly bytes: number;
}

export interface MemoryUse {
  /** Bytes in blocks that are in use, and of the whole linear memory. */
  readonly used: number;
  readonly reserved: number;
  readonly blocks: number;
}

export interface LinearMemory {
  readonly memory: WebAssembly.Memory;
  /** @throws TRS_CORE_OUT_OF_MEMORY */
  allocate(bytes: number): Block;
  free(block: Block): void;
  use(): MemoryUse;
  floats(): Float32Array;
  ints(): Int32Array;
}

/**
 * Linear memory with blocks of rounded sizes. Freed blocks are kept by address and merged with their neighbours, so that memory
 * which served many small tensors can serve a large one; the best fit is taken. wasm memory cannot shrink: it is reused instead.
 * `whenFull` is the last chance to free something before an allocation fails.
 */
export function linearMemory(isShared: boolean, whenFull = (): void => undefined): LinearMemory {
  const memory = new WebAssembly.Memory({ initial: LEAST_GROWTH, maximum: MAXIMUM_PAGES, shared: isShared });
  /** Blocks of one size that were just freed: the next of that size takes one of them, without a search. */
  const recent = new Map<number, number[]>();
  let recentBytes = 0;
  /** Free regions by address, neighbours merged. */
  const free: { address: number; bytes: number }[] = [];
  let top = FIRST_ADDRESS;
  let used = 0;
  let blocks = 0;
  let floats = new Float32Array(memory.buffer);
  let ints = new Int32Array(memory.buffer);

  const limit = (): number => memory.buffer.byteLength - SLACK;

  const insert = (address: number, bytes: number): void => {
    let low = 0;
    let high = free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((free[middle]?.address ?? 0) < address) low = middle + 1;
      else high = middle;
    }
    const before = free[low - 1];
    const after = free[low];
    const joinsBefore = before !== undefined && before.address + before.bytes === address;
    const joinsAfter = after !== undefined && address + bytes === after.address;
    if (joinsBefore && joinsAfter) {
      before.bytes += bytes + after.bytes;
      free.splice(low, 1);
    } else if (joinsBefore) before.bytes += bytes;
    else if (joinsAfter) {
      after.address = address;
      after.bytes += bytes;
    } else free.splice(low, 0, { address, bytes });
    const last = free.at(-1);
    if (last && last.address + last.bytes === top) {
      top = last.address;
      free.pop();
    }
  };
  const mergeRecent = (): void => {
    for (const [bytes, addresses] of recent) for (const address of addresses) insert(address, bytes);
    recent.clear();
    recentBytes = 0;
  };
  const bestFit = (bytes: number): number | undefined => {
    let best = -1;
    for (const [index, region] of free.entries()) {
      if (region.bytes < bytes) continue;
      const known = free[best];
      if (!known || region.bytes < known.bytes) best = index;
      if (region.bytes === bytes) break;
    }
    const region = free[best];
    if (!region) return undefined;
    const { address } = region;
    region.address += bytes;
    region.bytes -= bytes;
    if (region.bytes === 0) free.splice(best, 1);
    return address;
  };
  const atTop = (bytes: number): number | undefined => {
    if (top + bytes > limit()) return undefined;
    const address = top;
    top += bytes;
    return address;
  };
  /** Whether there is room for so much at the top now. */
  const grow = (bytes: number): boolean => {
    const missing = Math.ceil((top + bytes - limit()) / PAGE);
    const pages = memory.buffer.byteLength / PAGE;
    const room = MAXIMUM_PAGES - pages;
    if (missing > room) return false;
    try {
      memory.grow(Math.max(missing, Math.min(room, Math.max(LEAST_GROWTH, pages >> 3))));
    } catch {
      return false;
    }
    floats = new Float32Array(memory.buffer);
    ints = new Int32Array(memory.buffer);
    return true;
  };
  const place = (bytes: number): number | undefined => {
    const address = recent.get(bytes)?.pop();
    if (address !== undefined) {
      recentBytes -= bytes;
      return address;
    }
    const known = bestFit(bytes) ?? (bytes < recentBytes ? undefined : atTop(bytes));
    if (known !== undefined) return known;
    mergeRecent();
    return bestFit(bytes) ?? atTop(bytes) ?? (grow(bytes) ? atTop(bytes) : undefined);
  };

  return {
    memory,
    allocate(wanted) {
      const bytes = sizeClass(wanted);
      let address = place(bytes);
      if (address === undefined) {
        whenFull();
        address = place(bytes);
      }
      if (address === undefined) throw outOfMemory(bytes, used);
      used += bytes;
      blocks++;
      return { address, bytes };
    },
    free({ address, bytes }) {
      used -= bytes;
      blocks--;
      const list = recent.get(bytes);
      if (list) list.push(address);
      else recent.set(bytes, [address]);
      recentBytes += bytes;
      // Bounded: what is not taken again soon goes back to the common store.
      if (recentBytes > used + 64 * 2 ** 20) mergeRecent();
    },
    use: () => ({ used, reserved: memory.buffer.byteLength, blocks }),
    floats: () => floats,
    ints: () => ints,
  };
}

const outOfMemory = (bytes: number, used: number): CoreError =>
  new CoreError(
    'OUT_OF_MEMORY',
    `A tensor of ${bytes} bytes does not fit: ${used} bytes are in use, and WebAssembly's memory ends at 4 GiB.`,
    'Work on smaller batches, or let go of tensors that you no longer need.',
    'unavailable',
  );

/** Sizes are multiples of 64 bytes; large ones of a 16th of their power of two, so that near sizes share blocks. */
export function sizeClass(bytes: number): number {
  const least = Math.max(64, bytes);
  const step = Math.max(64, 2 ** Math.floor(Math.log2(least)) / 16);
  return Math.ceil(least / step) * step;
}
