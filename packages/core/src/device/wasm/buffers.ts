import type { DType } from '../../graph/dtype.ts';
import type { DeviceBuffer } from '../device.ts';
import type { Claim, Reclaimer } from '../reclaimer.ts';
import type { Block, LinearMemory } from './memory.ts';

export interface WasmBuffer extends DeviceBuffer {
  readonly block: Block;
  /** Undefined once the memory is given back: a second time would give away what is someone else's by then. */
  claim: Claim<Block> | undefined;
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

/** A buffer that may change its length is reserved, and not filled with zeros, which takes longer than most kernels. */
const ballastOf = (bytes: number): ArrayBuffer => new ArrayBuffer(bytes, { maxByteLength: bytes });

export function wasmBuffers(memory: LinearMemory, claims: Reclaimer<Block>): Buffers {
  const wrap = (dtype: DType, size: number, block: Block): WasmBuffer => {
    const plain = { dtype, size, block, claim: undefined };
    const buffer: WasmBuffer =
      block.bytes < BALLAST_FROM ? plain : { ...plain, ballast: ballastOf(block.bytes) };
    buffer.claim = claims.claim(buffer, block, block.bytes);
    return buffer;
  };
  const own = (buffer: DeviceBuffer): WasmBuffer => {
    if (!isWasmBuffer(buffer)) throw new TypeError('A buffer of another device reached WebAssembly.');
    if (!buffer.claim) throw new TypeError('A buffer was used after its memory was given back.');
    return buffer;
  };
  return {
    allocate(dtype, size) {
      const bytes = Math.max(1, size) * WORD;
      claims.makeRoom(bytes);
      return wrap(dtype, size, memory.allocate(bytes));
    },
    wrap,
    own,
    takeBlock(buffer) {
      const mine = own(buffer);
      if (mine.claim) claims.drop(mine.claim);
      mine.claim = undefined;
      // Older browsers leave it to the collector.
      mine.ballast?.transfer?.(0);
      return mine.block;
    },
  };
}
