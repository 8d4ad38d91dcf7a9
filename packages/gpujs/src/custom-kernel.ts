import { type Shape, Tensor, type TypedArrayOf, tensor } from '@trestle/core';
import type { IKernelRunShortcut, KernelFunction } from 'gpu.js';
import { GpujsError } from './gpujs-error.ts';
import { loadGpujs } from './load-gpujs.ts';

/** What `this` is inside a kernel: which value of the output is computed. `x` counts along the last axis. */
export interface KernelThis {
  readonly thread: { readonly x: number; readonly y: number; readonly z: number };
  readonly output: { readonly x: number; readonly y: number; readonly z: number };
}

export interface KernelOptions {
  /** The shape of the result: one to three axes, the last one counted by `this.thread.x`. */
  readonly output: Shape;
  /**
   * Where it runs: `wasm` (SIMD, and threads from 4,096 values on) is there everywhere; `webgpu` is what gpu.js finds by
   * itself, and an error where it finds none.
   */
  readonly device?: 'wasm' | 'webgpu';
}

/** Takes a number or a tensor of one to three axes (as float32) for each parameter of the kernel. */
export type CustomKernel = (...args: readonly (Tensor | number)[]) => Promise<Tensor>;

const MODES = { wasm: 'webasm', webgpu: 'webgpu' } as const;
const MAX_AXES = 3;

/**
 * Makes a kernel of a plain JavaScript `function` (no arrow) that computes one value of the output, in the subset of the
 * language that gpu.js compiles (numbers, loops, branches, `Math`; no objects, no closures). Arguments are indexed by axis:
 * `a[this.thread.y][this.thread.x]`. The function's source is compiled at the first call. It computes in float32, and
 * gradients do not pass through it.
 *
 * @throws TRS_GPUJS_OUTPUT when the output has no shape that a kernel can fill
 * @throws (rejects) TRS_GPUJS_MISSING without gpu.js, TRS_GPUJS_ARGUMENT for what no kernel takes, TRS_GPUJS_KERNEL when
 *   gpu.js does not compile the function or does not run it
 */
export function customKernel(kernel: (...args: never[]) => number, options: KernelOptions): CustomKernel {
  const { output, device = 'wasm' } = options;
  if (output.length < 1 || output.length > MAX_AXES || !output.every(isLength)) {
    throw new GpujsError('OUTPUT', `A kernel cannot fill the shape [${output.join(', ')}].`, {
      hint: `Give one to ${MAX_AXES} axes, each at least 1 long.`,
    });
  }
  let compiled: Promise<IKernelRunShortcut> | undefined;
  return async (...args) => {
    const { GPU, Input } = await loadGpujs();
    const taken = await Promise.all(
      args.map(async (arg, index) =>
        arg instanceof Tensor
          ? new Input(floats(await arg.data()), extents(arg.shape, index))
          : numberOf(arg, index),
      ),
    );
    try {
      compiled ??= Promise.resolve(
        new GPU({ mode: MODES[device] }).createKernel(kernel as KernelFunction, {
          // gpu.js counts x, y, z: the last axis first.
          output: output.toReversed() as [number],
          precision: 'single',
          asyncMode: true,
          dynamicArguments: true,
        }),
      );
      const values = (await (await compiled)(...taken)) as unknown as Nested;
      return tensor(flat(values, output), { shape: output });
    } catch (cause) {
      compiled = undefined;
      throw new GpujsError('KERNEL', `gpu.js cannot run the kernel: ${messageOf(cause)}`, {
        hint: 'A kernel is a `function` (no arrow) of numbers, loops, branches and Math; it sees only its parameters and `this`.',
        cause,
      });
    }
  };
}

type Nested = Float32Array | readonly Nested[];

/** gpu.js takes any list of numbers; its types know arrays only. */
const floats = (values: TypedArrayOf): number[] =>
  (values instanceof Float32Array ? values : Float32Array.from(values)) as unknown as number[];

const isLength = (length: number): boolean => Number.isInteger(length) && length >= 1;

function extents(shape: Shape, index: number): [number] {
  if (shape.length >= 1 && shape.length <= MAX_AXES && shape.every(isLength))
    return shape.toReversed() as [number];
  throw new GpujsError('ARGUMENT', `Argument ${index + 1} has the shape [${shape.join(', ')}].`, {
    hint: `A kernel takes numbers and tensors of one to ${MAX_AXES} axes without empty ones; reshape it.`,
  });
}

function numberOf(arg: unknown, index: number): number {
  if (typeof arg === 'number') return arg;
  throw new GpujsError('ARGUMENT', `Argument ${index + 1} is neither a number nor a tensor.`, {
    hint: 'Make a tensor of it first: tensor(values).',
  });
}

/** The rows of rows that gpu.js returns, one after the other. */
function flat(values: Nested, shape: Shape): Float32Array {
  const result = new Float32Array(shape.reduce((size, length) => size * length, 1));
  let at = 0;
  const put = (part: Nested): void => {
    if (part instanceof Float32Array) {
      result.set(part, at);
      at += part.length;
    } else part.forEach(put);
  };
  put(values);
  return result;
}

const messageOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).trim();
