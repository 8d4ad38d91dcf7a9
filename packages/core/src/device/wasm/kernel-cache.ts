import { assemble } from '../../codegen/wasm/assembler.ts';
import { detectFeatures, type WasmFeatures } from '../../codegen/wasm/features.ts';
import { programOf } from '../../codegen/wasm/kernel-program.ts';
import { liftConstants } from '../../codegen/wasm/lift-constants.ts';
import { SCALAR_IMPORTS } from '../../codegen/wasm/vector-math.ts';
import type { Kernel } from '../../schedule/kernel.ts';
import type { Reclaimer } from '../reclaimer.ts';
import { kernelKey } from './kernel-key.ts';
import { type Block, type LinearMemory, MAXIMUM_PAGES } from './memory.ts';

/** A phase that can be called: (begin, end, shared scratch, thread scratch, table, output, ...inputs). */
export interface CompiledPhase {
  readonly run: (...operands: number[]) => void;
  readonly units: number;
  readonly unitCost: number;
}

export interface CompiledKernel {
  /** Of the code: no other has it. */
  readonly id: number;
  readonly phases: readonly CompiledPhase[];
  readonly sharedScratch: number;
  readonly threadScratch: number;
  /** Address of the kernel's table of offsets. */
  readonly table: number;
  /** The bytes of the module in memory, where other threads find them: put there when first asked for. */
  code(): { readonly address: number; readonly bytes: number };
}

/** A kernel's code, which it may share with others, and its own constants: one more input, if there are any. */
export interface BoundKernel {
  readonly compiled: CompiledKernel;
  readonly constants: readonly number[];
}

export interface KernelCache {
  /** Compiles a kernel, or gives it from the cache. @throws RangeError for kinds the generator does not know */
  get(kernel: Kernel, inputCount: number): BoundKernel;
  readonly features: WasmFeatures;
  readonly size: number;
}

export interface CacheOptions {
  readonly memory: LinearMemory;
  /** Gives tables and code back once no plan uses a kernel any more: plans may for longer than the cache keeps it. */
  readonly claims: Reclaimer<Block>;
  readonly isShared: boolean;
  /** Kernels that are kept; beyond, the one that was not used for longest goes. */
  readonly capacity?: number;
}

/** Compiled kernels by structure: equal kernels, from whatever graph, are one. */
export function kernelCache({ memory, claims, isShared, capacity = 2_000 }: CacheOptions): KernelCache {
  const features = detectFeatures();
  const known = new Map<string, CompiledKernel>();
  let lastId = 0;
  const byObject = new WeakMap<Kernel, BoundKernel>();
  const imports = { env: { memory: memory.memory, ...scalarFunctions } };
  const compile = (kernel: Kernel, inputCount: number): CompiledKernel => {
    const program = programOf(kernel, inputCount, features);
    if (!program) throw new RangeError(`The WebAssembly generator has no kernels of kind ${kernel.kind}.`);
    const functions = [
      ...(program.helpers ?? []),
      ...program.phases.map((phase, index) => ({ ...phase.code, name: `phase${index}` })),
    ];
    const bytes = assemble(
      { initialPages: 1, maximumPages: MAXIMUM_PAGES, isShared },
      functions,
      SCALAR_IMPORTS,
    );
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
    const phases = program.phases.map(({ units, unitCost }, index) => {
      const run = instance.exports[`phase${index}`];
      if (typeof run !== 'function') throw new RangeError('A phase is not exported.');
      // The assembler gave the export this signature; the types of WebAssembly know none.
      return { run: run as CompiledPhase['run'], units, unitCost };
    });
    const { table: offsets } = program;
    const table = offsets && offsets.length > 0 ? memory.allocate(offsets.byteLength) : undefined;
    if (offsets && table) memory.ints().set(offsets, table.address / 4);
    let code: Block | undefined;
    const { sharedScratch = 0, threadScratch = 0 } = program;
    const compiled: CompiledKernel = {
      id: ++lastId,
      phases,
      sharedScratch,
      threadScratch,
      table: table?.address ?? 0,
      code() {
        if (!code) {
          code = memory.allocate(bytes.length);
          new Uint8Array(memory.memory.buffer, code.address).set(bytes);
          claims.claim(compiled, code, code.bytes);
        }
        return { address: code.address, bytes: bytes.length };
      },
    };
    if (table) claims.claim(compiled, table, table.bytes);
    return compiled;
  };
  return {
    features,
    get size() {
      return known.size;
    },
    get(kernel, inputCount) {
      const same = byObject.get(kernel);
      if (same) return same;
      const lifted = liftConstants(kernel, inputCount);
      const count = inputCount + (lifted.values.length > 0 ? 1 : 0);
      const key = kernelKey(lifted.kernel, count);
      const equal = known.get(key);
      const compiled = equal ?? compile(lifted.kernel, count);
      if (equal) known.delete(key);
      known.set(key, compiled);
      const bound = { compiled, constants: lifted.values };
      byObject.set(kernel, bound);
      if (known.size > capacity) {
        const [oldest] = known.keys();
        if (oldest !== undefined) known.delete(oldest);
      }
      return bound;
    },
  };
}

/** What modules call for lanes that need more than their own arithmetic. */
const scalarFunctions: Readonly<Record<(typeof SCALAR_IMPORTS)[number], (a: number, b: number) => number>> = {
  sin: (x) => Math.sin(x),
  cos: (x) => Math.cos(x),
  // As IEEE 754 has it, and JavaScript has not: 1 to any power, and -1 to infinite ones, are 1.
  pow: (base, exponent) =>
    base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY) ? 1 : base ** exponent,
};
