import { CoreError } from '../core-error.ts';
import type { Device } from '../device/device.ts';
import type { DType, TypedArrayOf } from '../graph/dtype.ts';
import type { ArithmeticFunction, ComparisonFunction } from '../graph/elementwise.ts';
import type { Node } from '../graph/node.ts';
import { release } from '../graph/scope.ts';
import { type Shape, shapeText, sizeOf } from '../graph/shape.ts';
import { clamp } from '../operation/clamp.ts';
import { binary, cast, ceil, sigmoid, unary } from '../operation/elementwise.ts';
import { gather, takeAlong } from '../operation/indexing.ts';
import { type Axes, asNode, checkScalar, type ReduceOptions } from '../operation/make.ts';
import { matmul } from '../operation/matmul.ts';
import * as movement from '../operation/movement.ts';
import { argsort, type SortOptions, sort } from '../operation/order.ts';
import {
  all,
  any,
  argmax,
  argmin,
  max,
  mean,
  min,
  norm,
  std,
  sum,
  type VarianceOptions,
  variance,
} from '../operation/reduce.ts';
import { relu } from '../operation/relu.ts';
import { cumulative, product } from '../operation/scan.ts';
import { logSoftmax, logSumExp, softmax } from '../operation/softmax.ts';
import { valuesOf } from './materialize.ts';

/** A tensor, or a number that stretches to any shape. */
export type Operand = Tensor | number;

/**
 * An immutable n-dimensional array. Operations are lazy: they build a graph, which `data()` schedules, fuses and runs.
 * Operands broadcast as in NumPy. Nothing has to be disposed of; `using` and `dispose` give memory back sooner.
 */
export class Tensor {
  readonly node: Node;

  constructor(node: Node) {
    this.node = node;
  }

  get shape(): Shape {
    return this.node.shape;
  }
  get dtype(): DType {
    return this.node.dtype;
  }
  get device(): Device {
    return this.node.device;
  }
  get rank(): number {
    return this.node.shape.length;
  }
  /** The number of elements. */
  get size(): number {
    return sizeOf(this.node.shape);
  }

  /**
   * Computes the tensor, and copies its elements to the host in row-major order; those of float16 as a Float32Array.
   *
   * @throws TRS_CORE_PLACEHOLDER while a function is traced, TRS_CORE_RELEASED, TRS_CORE_NAN with `TRESTLE_DEBUG=nan`,
   * TRS_CORE_DEVICE_LOST, TRS_CORE_OUT_OF_MEMORY, TRS_CORE_BUFFER_TOO_LARGE
   */
  async data(): Promise<TypedArrayOf> {
    return await valuesOf(this.node);
  }
  /** The only element. @throws TRS_CORE_NOT_A_SCALAR */
  async item(): Promise<number> {
    checkScalar(this.node, 'item');
    return (await this.data())[0] ?? Number.NaN;
  }

  #with(fn: ArithmeticFunction | ComparisonFunction, other: Operand): Tensor {
    return new Tensor(binary(fn, this.node, operand(other, this, fn)));
  }
  add(other: Operand): Tensor {
    return this.#with('add', other);
  }
  sub(other: Operand): Tensor {
    return this.#with('sub', other);
  }
  mul(other: Operand): Tensor {
    return this.#with('mul', other);
  }
  div(other: Operand): Tensor {
    return this.#with('div', other);
  }
  pow(other: Operand): Tensor {
    return this.#with('pow', other);
  }
  maximum(other: Operand): Tensor {
    return this.#with('maximum', other);
  }
  minimum(other: Operand): Tensor {
    return this.#with('minimum', other);
  }
  equal(other: Operand): Tensor {
    return this.#with('equal', other);
  }
  notEqual(other: Operand): Tensor {
    return this.#with('notEqual', other);
  }
  less(other: Operand): Tensor {
    return this.#with('less', other);
  }
  lessEqual(other: Operand): Tensor {
    return this.#with('lessEqual', other);
  }
  greater(other: Operand): Tensor {
    return new Tensor(
      binary('less', asNode(operand(other, this, 'greater'), this.node), this.node, 'greater'),
    );
  }
  greaterEqual(other: Operand): Tensor {
    return new Tensor(
      binary('lessEqual', asNode(operand(other, this, 'greaterEqual'), this.node), this.node, 'greaterEqual'),
    );
  }

  neg(): Tensor {
    return new Tensor(unary('neg', this.node));
  }
  exp(): Tensor {
    return new Tensor(unary('exp', this.node));
  }
  log(): Tensor {
    return new Tensor(unary('log', this.node));
  }
  sqrt(): Tensor {
    return new Tensor(unary('sqrt', this.node));
  }
  abs(): Tensor {
    return new Tensor(unary('abs', this.node));
  }
  sin(): Tensor {
    return new Tensor(unary('sin', this.node));
  }
  cos(): Tensor {
    return new Tensor(unary('cos', this.node));
  }
  tanh(): Tensor {
    return new Tensor(unary('tanh', this.node));
  }
  floor(): Tensor {
    return new Tensor(unary('floor', this.node));
  }
  sign(): Tensor {
    return new Tensor(unary('sign', this.node));
  }
  /** True where the element is zero. */
  not(): Tensor {
    return new Tensor(unary('not', this.node));
  }
  /** True where the element is not a number. */
  isNaN(): Tensor {
    return new Tensor(unary('isNaN', this.node));
  }
  ceil(): Tensor {
    return new Tensor(ceil(this.node));
  }
  square(): Tensor {
    return this.mul(this);
  }
  /** Kept between two bounds, either of which may be undefined. The gradient passes at a bound, too. */
  clamp(low?: Operand, high?: Operand): Tensor {
    return new Tensor(
      clamp(
        this.node,
        low === undefined ? low : operand(low, this, 'clamp'),
        high === undefined ? high : operand(high, this, 'clamp'),
      ),
    );
  }
  relu(): Tensor {
    return new Tensor(relu(this.node));
  }
  /** 1 / (1 + e^-x); nothing overflows, and small results keep their digits. */
  sigmoid(): Tensor {
    return new Tensor(sigmoid(this.node));
  }
  /** As another type: to int32 towards zero, saturating at its limits, NaN as 0; to bool whether it is not zero. */
  cast(dtype: DType): Tensor {
    return new Tensor(cast(this.node, dtype));
  }

  /** [..., m, k] x [..., k, n] -> [..., m, n]; leading axes broadcast. A vector [k] is a row on the left, a column on the right. */
  matmul(other: Tensor): Tensor {
    checkTensor(other, this, 'matmul');
    return new Tensor(matmul(this.node, other.node));
  }

  /** The sum; that of int32 and bool is int32, and wraps. That of nothing is 0. */
  sum(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return new Tensor(sum(this.node, axes, options));
  }
  /** The largest element, NaN if there is one. @throws TRS_CORE_EMPTY_REDUCTION */
  max(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return new Tensor(max(this.node, axes, options));
  }
  /** The smallest element, NaN if there is one. @throws TRS_CORE_EMPTY_REDUCTION */
  min(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return new Tensor(min(this.node, axes, options));
  }
  /** The mean, float32; NaN for nothing. */
  mean(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return new Tensor(mean(this.node, axes, options));
  }
  prod(axis: number, options: ReduceOptions = {}): Tensor {
    return new Tensor(product(this.node, axis, options));
  }
  /** The mean squared distance from the mean; `correction` 1 divides by one less, for a sample. */
  variance(axes?: Axes, options: VarianceOptions = {}): Tensor {
    return new Tensor(variance(this.node, axes, options));
  }
  /** The square root of the variance. */
  std(axes?: Axes, options: VarianceOptions = {}): Tensor {
    return new Tensor(std(this.node, axes, options));
  }
  /**
   * The norm of order p, Euclid's when p is left out: sum(|x|^p)^(1/p) for any p, also below 0; the number of elements that are not
   * zero for 0, the largest size for Infinity, the smallest for -Infinity. The gradient at zeros is 0, as PyTorch has it.
   *
   * @throws TRS_CORE_NORM_ORDER when p is NaN, TRS_CORE_EMPTY_REDUCTION
   */
  norm(axes?: Axes, { p = 2, ...options }: ReduceOptions & { readonly p?: number } = {}): Tensor {
    return new Tensor(norm(this.node, p, axes, options));
  }
  /** log(sum(exp(x))), which does not overflow where the result does not. */
  logSumExp(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return new Tensor(logSumExp(this.node, axes, options));
  }
  /** Whether any element is not zero; false for nothing. */
  any(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return new Tensor(any(this.node, axes, options));
  }
  /** Whether all elements are not zero; true for nothing. */
  all(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return new Tensor(all(this.node, axes, options));
  }
  cumsum(axis = -1): Tensor {
    return new Tensor(cumulative('add', this.node, axis, 'cumsum'));
  }
  cumprod(axis = -1): Tensor {
    return new Tensor(cumulative('mul', this.node, axis, 'cumprod'));
  }
  /** In ascending order along an axis; NaN is above all numbers. */
  sort(axis = -1, options: SortOptions = {}): Tensor {
    return new Tensor(sort(this.node, axis, options));
  }
  /** The places that `sort` takes its elements from; equal elements keep their order; int32. */
  argsort(axis = -1, options: SortOptions = {}): Tensor {
    return new Tensor(argsort(this.node, axis, options));
  }
  /** The index of the smallest element, the first of equals, or of the first NaN; int32. */
  argmin(axis = -1, options: ReduceOptions = {}): Tensor {
    return new Tensor(argmin(this.node, axis, options));
  }
  /** The index of the largest element, the first of equals, or of the first NaN; int32. */
  argmax(axis = -1, options: ReduceOptions = {}): Tensor {
    return new Tensor(argmax(this.node, axis, options));
  }
  softmax(axis = -1): Tensor {
    return new Tensor(softmax(this.node, axis));
  }
  logSoftmax(axis = -1): Tensor {
    return new Tensor(logSoftmax(this.node, axis));
  }

  reshape(shape: Shape): Tensor {
    return new Tensor(movement.reshape(this.node, shape));
  }
  /** Reorders axes; reverses them when no permutation is given. */
  transpose(permutation?: readonly number[]): Tensor {
    return new Tensor(movement.permute(this.node, permutation));
  }
  /** Repeats axes of length 1 to a larger shape. */
  expand(shape: Shape): Tensor {
    return new Tensor(movement.expand(this.node, shape));
  }
  /** A part: per axis `[start, end]` or `[start, end, step]`; negative places count from the end; axes left out are whole. */
  slice(ranges: readonly (readonly [number, number, number?] | null)[]): Tensor {
    return new Tensor(movement.slice(this.node, ranges));
  }
  /** Zeros around: per axis how many before and behind. */
  pad(amounts: readonly (readonly [number, number])[]): Tensor {
    return new Tensor(movement.pad(this.node, amounts));
  }
  /** Slices along an axis by an int32 tensor of rank 1; an index out of range reads zeros. */
  gather(indices: Tensor, axis = 0): Tensor {
    checkTensor(indices, this, 'gather');
    return new Tensor(gather(this.node, indices.node, axis));
  }
  /** Elements along an axis by int32 places of their own; see `takeAlong`. */
  takeAlong(indices: Tensor, axis = -1): Tensor {
    checkTensor(indices, this, 'takeAlong');
    return new Tensor(takeAlong(this.node, indices.node, axis));
  }
  /** Axes read backwards; all of them when left out. */
  flip(axes?: Axes): Tensor {
    return new Tensor(movement.flip(this.node, axes));
  }
  /** Sliding windows over axes, without a copy: their places come as further axes behind all others. */
  windows(list: readonly movement.Window[]): Tensor {
    return new Tensor(movement.windows(this.node, list));
  }
  /** Axes of length 1 put in, at places of the result. */
  expandDims(axes: Axes): Tensor {
    return new Tensor(movement.expandDims(this.node, axes));
  }
  /** Axes of length 1 taken out. */
  squeeze(axes?: Axes): Tensor {
    return new Tensor(movement.squeeze(this.node, axes));
  }
  moveAxis(from: number, to: number): Tensor {
    return new Tensor(movement.moveAxis(this.node, from, to));
  }
  /** Parts of equal length along an axis, or of the lengths given. */
  split(parts: number | readonly number[], axis = 0): Tensor[] {
    return movement.split(this.node, parts, axis).map((part) => new Tensor(part));
  }

  /** Gives the memory back now, instead of when nothing refers to the tensor any more. Using it later is an error. */
  dispose(): void {
    release(this.node, 'dispose()');
  }
  /** `using t = …` disposes of t at the end of the block. */
  [Symbol.dispose](): void {
    release(this.node, 'the end of its `using` block');
  }
  toString(): string {
    return `Tensor ${this.dtype}${shapeText(this.shape)}`;
  }
  /** Tensors have no operators: `a + b` and `a < b` would compute with something else. @throws TRS_CORE_OPERATOR */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === 'string') return this.toString();
    throw new CoreError(
      'OPERATOR',
      `${this.toString()} is used as a number.`,
      'Write a.add(b), a.less(b); read a value with await a.item(), and choose with where().',
    );
  }
}

/** What a tensor's node is computed with. @throws TRS_CORE_OPERAND when it is neither tensor nor number, whatever its type said */
export function operand(given: Operand, beside: Tensor, operation: string): Node | number {
  if (typeof given === 'number') return given;
  checkTensor(given, beside, operation);
  return given.node;
}

/** @throws TRS_CORE_OPERAND when it is no tensor, whatever its type said */
export function checkTensor(given: unknown, beside: Tensor, operation: string): asserts given is Tensor {
  if (given instanceof Tensor) return;
  const what = Array.isArray(given) ? 'a list' : given === null ? 'null' : typeof given;
  throw new CoreError(
    'OPERAND',
    `${operation}: beside ${beside.dtype}${shapeText(beside.shape)} is ${what}, which is no tensor.`,
    'Make tensors of lists with tensor([…]).',
  );
}
