import type { DType } from '../../graph/dtype.ts';
import type { DeviceBuffer } from '../device.ts';
import type { Block, LinearMemory } from './memory.ts';

export interface WasmBuffer extends DeviceBuffer {
  readonly block: Block;
  /** Set once the memory is given back: a second time would give away what is someone else's by then. */
  isReleased: boolean;
  /** Never touched, so it costs no memory; the collector sees by it how much a small object holds on to. */
  readonly ballast?: ArrayBuffer;
}

/** Buffers over blocks of linear memory, which get their memory back when nothing refers to them any more. */
export interface Buffers {
  allocate(dtype: DType, size: number): WasmBuffer;
  /** A buffer in a block that is there. */
  wrap(dtype: DType, size: number, block: Block): WasmBuffer;
  /** Checks that a buffer is of this device and has its memory. */
  own(buffer: DeviceBuffer): WasmBuffer;
  /** Takes the memory away from a buffer. */
  takeBlock(buffer: DeviceBuffer): Block;
}

/** Smaller buffers do not need to be seen by the collector one by one. */
const BALLAST_FROM = 65_536;
export const WORD = 4;

const isWasmBuffer = (buffer: DeviceBuffer): buffer is WasmBuffer => 'block' in buffer;

export function wasmBuffers(memory: LinearMemory): Buffers {
  const finalizer = new FinalizationRegistry<Block>((block) => memory.free(block));
  const wrap = (dtype: DType, size: number, block: Block): WasmBuffer => {
    const plain = { dtype, size, block, isReleased: false };
    const buffer = block.bytes < BALLAST_FROM ? plain : { ...plain, ballast: new ArrayBuffer(block.bytes) };
    finalizer.register(buffer, block, buffer);
    return buffer;
  };
  const own = (buffer: DeviceBuffer): WasmBuffer => {
    if (!isWasmBuffer(buffer)) throw new TypeError('A buffer of another device reached WebAssembly.');
    if (buffer.isReleased) throw new TypeError('A buffer was used after its memory was given back.');
    return buffer;
  };
  return {
    allocate: (dtype, size) => wrap(dtype, size, memory.allocate(Math.max(1, size) * WORD)),
    wrap,
    own,
    takeBlock(buffer) {
      const mine = own(buffer);
      mine.isReleased = true;
      finalizer.unregister(mine);
      return mine.block;
    },
  };
}
