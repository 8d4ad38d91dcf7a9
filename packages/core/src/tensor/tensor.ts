import { CoreError } from '../core-error.ts';
import type { Device } from '../device/device.ts';
import type { DType, TypedArrayOf } from '../graph/dtype.ts';
import type { Node } from '../graph/node.ts';
import { release } from '../graph/scope.ts';
import { binary, cast, clamp, unary } from './elementwise.ts';
import { gather, takeAlong } from './indexing.ts';
import { asTensor, checkScalar } from './make.ts';
import { valuesOf } from './materialize.ts';
import { matmul } from './matmul.ts';
import * as movement from './movement.ts';
import { argsort, type SortOptions, sort } from './order.ts';
import { argmax, mean, min, norm, reduce, type VarianceOptions, variance } from './reduce.ts';
import { relu } from './relu.ts';
import { cumulative, product } from './scan.ts';
import { type Shape, shapeText, sizeOf } from './shape.ts';
import { logSoftmax, logSumExp, softmax } from './softmax.ts';

/** A tensor, or a number that stretches to any shape. */
export type Operand = Tensor | number;
export type Axes = number | readonly number[];

export interface ReduceOptions {
  /** Leave reduced axes in place with length 1. */
  readonly keepDims?: boolean;
}

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
    checkScalar(this, 'item');
    return (await this.data())[0] ?? Number.NaN;
  }

  add(other: Operand): Tensor {
    return binary('add', this, other);
  }
  sub(other: Operand): Tensor {
    return binary('sub', this, other);
  }
  mul(other: Operand): Tensor {
    return binary('mul', this, other);
  }
  div(other: Operand): Tensor {
    return binary('div', this, other);
  }
  pow(other: Operand): Tensor {
    return binary('pow', this, other);
  }
  maximum(other: Operand): Tensor {
    return binary('maximum', this, other);
  }
  minimum(other: Operand): Tensor {
    return binary('minimum', this, other);
  }
  equal(other: Operand): Tensor {
    return binary('equal', this, other);
  }
  notEqual(other: Operand): Tensor {
    return binary('notEqual', this, other);
  }
  less(other: Operand): Tensor {
    return binary('less', this, other);
  }
  lessEqual(other: Operand): Tensor {
    return binary('lessEqual', this, other);
  }
  greater(other: Operand): Tensor {
    return binary('less', asTensor(other, this, 'greater'), this, 'greater');
  }
  greaterEqual(other: Operand): Tensor {
    return binary('lessEqual', asTensor(other, this, 'greaterEqual'), this, 'greaterEqual');
  }

  neg(): Tensor {
    return unary('neg', this);
  }
  exp(): Tensor {
    return unary('exp', this);
  }
  log(): Tensor {
    return unary('log', this);
  }
  sqrt(): Tensor {
    return unary('sqrt', this);
  }
  abs(): Tensor {
    return unary('abs', this);
  }
  sin(): Tensor {
    return unary('sin', this);
  }
  cos(): Tensor {
    return unary('cos', this);
  }
  tanh(): Tensor {
    return unary('tanh', this);
  }
  floor(): Tensor {
    return unary('floor', this);
  }
  sign(): Tensor {
    return unary('sign', this);
  }
  /** True where the element is zero. */
  not(): Tensor {
    return unary('not', this);
  }
  /** True where the element is not a number. */
  isNaN(): Tensor {
    return unary('isNaN', this);
  }
  ceil(): Tensor {
    return this.neg().floor().neg();
  }
  square(): Tensor {
    return this.mul(this);
  }
  /** Kept between two bounds, either of which may be undefined. */
  clamp(low?: Operand, high?: Operand): Tensor {
    return clamp(this, low, high);
  }
  relu(): Tensor {
    return relu(this);
  }
  /** 1 / (1 + e^-x), through tanh, which does not overflow. */
  sigmoid(): Tensor {
    return this.mul(0.5).tanh().mul(0.5).add(0.5);
  }
  cast(dtype: DType): Tensor {
    return cast(this, dtype);
  }

  /** [..., m, k] x [..., k, n] -> [..., m, n]; leading axes broadcast. */
  matmul(other: Tensor): Tensor {
    return matmul(this, other);
  }

  sum(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return reduce('sum', this, axes, options);
  }
  max(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return reduce('max', this, axes, options);
  }
  min(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return min(this, axes, options);
  }
  mean(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return mean(this, axes, options);
  }
  prod(axis: number, options: ReduceOptions = {}): Tensor {
    return product(this, axis, options);
  }
  /** The mean squared distance from the mean; `correction` 1 divides by one less, for a sample. */
  variance(axes?: Axes, options: VarianceOptions = {}): Tensor {
    return variance(this, axes, options);
  }
  /** The square root of the variance. */
  std(axes?: Axes, options: VarianceOptions = {}): Tensor {
    return variance(this, axes, options, 'std').sqrt();
  }
  /** The p-norm, Euclid's when p is left out; p may be Infinity. */
  norm(axes?: Axes, { p = 2, ...options }: ReduceOptions & { readonly p?: number } = {}): Tensor {
    return norm(this, p, axes, options);
  }
  /** log(sum(exp(x))), which does not overflow where the result does not. */
  logSumExp(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return logSumExp(this, axes, options);
  }
  /** Whether any element is not zero. */
  any(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return reduce('max', this.cast('bool'), axes, options, 'any').cast('bool');
  }
  /** Whether all elements are not zero. */
  all(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return min(this.cast('bool'), axes, options, 'all').cast('bool');
  }
  cumsum(axis = -1): Tensor {
    return cumulative('add', this, axis, 'cumsum');
  }
  cumprod(axis = -1): Tensor {
    return cumulative('mul', this, axis, 'cumprod');
  }
  /** In ascending order along an axis; NaN comes last. */
  sort(axis = -1, options: SortOptions = {}): Tensor {
    return sort(this, axis, options);
  }
  /** The places that `sort` takes its elements from; equal elements keep their order; int32. */
  argsort(axis = -1, options: SortOptions = {}): Tensor {
    return argsort(this, axis, options);
  }
  /** The index of the smallest element, the first of equals; int32. */
  argmin(axis = -1, options: ReduceOptions = {}): Tensor {
    return argmax(this.neg(), axis, options, 'argmin');
  }
  /** The index of the largest element, the first of equals; int32. */
  argmax(axis = -1, options: ReduceOptions = {}): Tensor {
    return argmax(this, axis, options);
  }
  softmax(axis = -1): Tensor {
    return softmax(this, axis);
  }
  logSoftmax(axis = -1): Tensor {
    return logSoftmax(this, axis);
  }

  reshape(shape: Shape): Tensor {
    return movement.reshape(this, shape);
  }
  /** Reorders axes; reverses them when no permutation is given. */
  transpose(permutation?: readonly number[]): Tensor {
    return movement.permute(this, permutation);
  }
  /** Repeats axes of length 1 to a larger shape. */
  expand(shape: Shape): Tensor {
    return movement.expand(this, shape);
  }
  /** A part: per axis `[start, end]` or `[start, end, step]`; negative places count from the end; axes left out are whole. */
  slice(ranges: readonly (readonly [number, number, number?] | null)[]): Tensor {
    return movement.slice(this, ranges);
  }
  /** Zeros around: per axis how many before and behind. */
  pad(amounts: readonly (readonly [number, number])[]): Tensor {
    return movement.pad(this, amounts);
  }
  /** Slices along an axis by an int32 tensor of rank 1; an index out of range reads zeros. */
  gather(indices: Tensor, axis = 0): Tensor {
    return gather(this, indices, axis);
  }
  /** Elements along an axis by int32 places of their own; see `takeAlong`. */
  takeAlong(indices: Tensor, axis = -1): Tensor {
    return takeAlong(this, indices, axis);
  }
  /** Axes read backwards; all of them when left out. */
  flip(axes?: Axes): Tensor {
    return movement.flip(this, axes);
  }
  /** Sliding windows over axes, without a copy: their places come as further axes behind all others. */
  windows(list: readonly movement.Window[]): Tensor {
    return movement.windows(this, list);
  }
  /** Axes of length 1 put in, at places of the result. */
  expandDims(axes: Axes): Tensor {
    return movement.expandDims(this, axes);
  }
  /** Axes of length 1 taken out. */
  squeeze(axes?: Axes): Tensor {
    return movement.squeeze(this, axes);
  }
  moveAxis(from: number, to: number): Tensor {
    return movement.moveAxis(this, from, to);
  }
  /** Parts of equal length along an axis, or of the lengths given. */
  split(parts: number | readonly number[], axis = 0): Tensor[] {
    return movement.split(this, parts, axis);
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
