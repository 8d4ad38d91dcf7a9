import type { Device } from '../device/device.ts';
import type { DType, TypedArrayOf } from '../graph/dtype.ts';
import type { Node } from '../graph/node.ts';
import { realize } from '../schedule/schedule.ts';
import * as op from './operations.ts';
import { type Shape, sizeOf } from './shape.ts';

/** A tensor, or a number that stretches to any shape. */
export type Operand = Tensor | number;
export type Axes = number | readonly number[];

export interface ReduceOptions {
  /** Leave reduced axes in place with length 1. */
  readonly keepDims?: boolean;
}

/**
 * An immutable n-dimensional array. Operations are lazy: they build a graph, which `data()` schedules, fuses and runs.
 * Operands broadcast as in NumPy. Nothing has to be disposed of.
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

  /** Computes the tensor, and copies its elements to the host in row-major order. */
  async data(): Promise<TypedArrayOf> {
    realize([this.node]);
    // Realising gives every root a buffer; an empty tensor has one too.
    const buffer = this.node.buffer;
    return buffer ? await this.device.read(buffer) : new Float32Array(0);
  }
  /** The only element. @throws TRS_CORE_NOT_A_SCALAR */
  async item(): Promise<number> {
    op.checkScalar(this);
    return (await this.data())[0] ?? Number.NaN;
  }

  add(other: Operand): Tensor {
    return op.binary('add', this, other);
  }
  sub(other: Operand): Tensor {
    return op.binary('sub', this, other);
  }
  mul(other: Operand): Tensor {
    return op.binary('mul', this, other);
  }
  div(other: Operand): Tensor {
    return op.binary('div', this, other);
  }
  pow(other: Operand): Tensor {
    return op.binary('pow', this, other);
  }
  maximum(other: Operand): Tensor {
    return op.binary('maximum', this, other);
  }
  minimum(other: Operand): Tensor {
    return op.binary('minimum', this, other);
  }
  equal(other: Operand): Tensor {
    return op.binary('equal', this, other);
  }
  notEqual(other: Operand): Tensor {
    return op.binary('notEqual', this, other);
  }
  less(other: Operand): Tensor {
    return op.binary('less', this, other);
  }
  lessEqual(other: Operand): Tensor {
    return op.binary('lessEqual', this, other);
  }
  greater(other: Operand): Tensor {
    return op.binary('less', op.asTensor(other, this), this);
  }
  greaterEqual(other: Operand): Tensor {
    return op.binary('lessEqual', op.asTensor(other, this), this);
  }

  neg(): Tensor {
    return op.unary('neg', this);
  }
  exp(): Tensor {
    return op.unary('exp', this);
  }
  log(): Tensor {
    return op.unary('log', this);
  }
  sqrt(): Tensor {
    return op.unary('sqrt', this);
  }
  abs(): Tensor {
    return op.unary('abs', this);
  }
  sin(): Tensor {
    return op.unary('sin', this);
  }
  cos(): Tensor {
    return op.unary('cos', this);
  }
  tanh(): Tensor {
    return op.unary('tanh', this);
  }
  floor(): Tensor {
    return op.unary('floor', this);
  }
  sign(): Tensor {
    return op.unary('sign', this);
  }
  /** True where the element is zero. */
  not(): Tensor {
    return op.unary('not', this);
  }
  relu(): Tensor {
    return this.maximum(0);
  }
  /** 1 / (1 + e^-x), through tanh, which does not overflow. */
  sigmoid(): Tensor {
    return this.mul(0.5).tanh().mul(0.5).add(0.5);
  }
  cast(dtype: DType): Tensor {
    return op.cast(this, dtype);
  }

  /** [..., m, k] x [..., k, n] -> [..., m, n]; leading axes broadcast. */
  matmul(other: Tensor): Tensor {
    return op.matmul(this, other);
  }

  sum(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return op.reduce('sum', this, axes, options);
  }
  max(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return op.reduce('max', this, axes, options);
  }
  min(axes?: Axes, options: ReduceOptions = {}): Tensor {
    return this.neg().max(axes, options).neg();
  }
  mean(axes?: Axes, options: ReduceOptions = {}): Tensor {
    const total = this.sum(axes, options);
    return total.mul(total.size / Math.max(1, this.size));
  }
  /** The index of the largest element, the first of equals; int32. */
  argmax(axis = -1, options: ReduceOptions = {}): Tensor {
    return op.argmax(this, axis, options);
  }
  softmax(axis = -1): Tensor {
    const shifted = this.sub(this.max(axis, { keepDims: true })).exp();
    return shifted.div(shifted.sum(axis, { keepDims: true }));
  }
  logSoftmax(axis = -1): Tensor {
    const shifted = this.sub(this.max(axis, { keepDims: true }));
    return shifted.sub(shifted.exp().sum(axis, { keepDims: true }).log());
  }

  reshape(shape: Shape): Tensor {
    return op.reshape(this, shape);
  }
  /** Reorders axes; reverses them when no permutation is given. */
  transpose(permutation?: readonly number[]): Tensor {
    return op.permute(this, permutation);
  }
  /** Repeats axes of length 1 to a larger shape. */
  expand(shape: Shape): Tensor {
    return op.expand(this, shape);
  }
  /** A part: per axis `[start, end]` or `[start, end, step]`; negative places count from the end; axes left out are whole. */
  slice(ranges: readonly (readonly [number, number, number?] | null)[]): Tensor {
    return op.slice(this, ranges);
  }
  /** Zeros around: per axis how many before and behind. */
  pad(amounts: readonly (readonly [number, number])[]): Tensor {
    return op.pad(this, amounts);
  }
  /** Slices along an axis by an int32 tensor of rank 1; an index out of range reads zeros. */
  gather(indices: Tensor, axis = 0): Tensor {
    return op.gather(this, indices, axis);
  }
}
