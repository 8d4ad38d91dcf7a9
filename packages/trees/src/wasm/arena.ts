import { TreesError } from '../trees-error.ts';

const PAGE = 65_536;
/** Kernels compare addresses as signed numbers. */
const MOST_BYTES = 2 ** 31 - PAGE;

/** Kernels that import their memory. */
export interface KernelModule {
  assemble(mostPages: number): Uint8Array<ArrayBuffer>;
  /** Up to here they use the memory themselves. */
  readonly free: number;
}

/** Memory of a known size in which the kernels work, handed out from the front; freed as a whole, with its last view. */
export interface Arena {
  readonly buffer: ArrayBuffer;
  /** For single numbers at known places. */
  readonly view: DataView;
  kernel(name: string): (...operands: number[]) => void;
  bytes(count: number): Uint8Array<ArrayBuffer>;
  ints(count: number): Int32Array<ArrayBuffer>;
  doubles(count: number): Float64Array<ArrayBuffer>;
}

/** A module is the same for every memory, and takes longer to compile than a small table to learn. */
const compiled = new WeakMap<KernelModule, WebAssembly.Module>();

/** @param bytes that are handed out at most, each part rounded up to 16. @throws TRS_TREES_SHAPE where a table takes more than 2 GiB */
export function openArena(kernels: KernelModule, bytes: number): Arena {
  if (bytes > MOST_BYTES) {
    throw new TreesError(
      'SHAPE',
      `The table takes ${bytes} bytes while trees grow; ${MOST_BYTES} are possible.`,
      'Give fewer rows or columns, or draw a part of the rows before.',
      { bytes },
    );
  }
  const pages = Math.ceil((kernels.free + bytes) / PAGE);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const module =
    compiled.get(kernels) ?? new WebAssembly.Module(kernels.assemble(MOST_BYTES / PAGE + 1).buffer);
  compiled.set(kernels, module);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const { buffer } = memory;
  let top = kernels.free;
  const take = (count: number): number => {
    const from = top;
    top = 16 * Math.ceil((top + count) / 16);
    return from;
  };
  return {
    buffer,
    view: new DataView(buffer),
    kernel(name) {
      const kernel = exports[name];
      if (!kernel) throw new RangeError(`There is no kernel ${name}.`);
      return kernel;
    },
    bytes: (count) => new Uint8Array(buffer, take(count), count),
    ints: (count) => new Int32Array(buffer, take(4 * count), count),
    doubles: (count) => new Float64Array(buffer, take(8 * count), count),
  };
}

/** What a part of an arena takes. */
export const rounded = (bytes: number): number => 16 * Math.ceil(bytes / 16);
