import type { Device, DeviceBuffer } from '../device/device.ts';
import type { Shape } from '../tensor/shape.ts';
import type { DType } from './dtype.ts';
import type { ElementwiseFunction } from './elementwise.ts';

/** What a node of the graph computes; its operands are the node's inputs. The whole primitive set. */
export type Primitive =
  /** Values that are already in a buffer. */
  | { readonly kind: 'data' }
  /** One value, for every element. */
  | { readonly kind: 'constant'; readonly value: number }
  /** 0, 1, 2, … in row-major order. */
  | { readonly kind: 'iota' }
  /** Element by element; all inputs have the node's shape. */
  | { readonly kind: 'elementwise'; readonly fn: ElementwiseFunction }
  /** Over axes, which keep the length 1. */
  | { readonly kind: 'reduce'; readonly fn: 'sum' | 'max'; readonly axes: readonly number[] }
  /** [..., m, k] x [..., k, n] with equal leading axes. */
  | { readonly kind: 'matmul' }
  | { readonly kind: 'reshape' }
  | { readonly kind: 'permute'; readonly permutation: readonly number[] }
  /** Axes of length 1 repeated. */
  | { readonly kind: 'expand' }
  | { readonly kind: 'slice'; readonly starts: readonly number[]; readonly steps: readonly number[] }
  /** Inputs put at offsets into zeros: padding and concatenation. */
  | { readonly kind: 'assemble'; readonly offsets: readonly (readonly number[])[] }
  /** Rows of input 0 along an axis, chosen by the int32 input 1 of rank 1; out of range reads 0. */
  | { readonly kind: 'gather'; readonly axis: number }
  /** Rows of input 0 added up at the places of the int32 input 1: the gradient of gather. */
  | { readonly kind: 'scatterAdd'; readonly axis: number };

/** A value of the lazy graph: how it is made, until it is made. */
export interface Node {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly device: Device;
  /** Becomes `data` once computed, so that what it was made from can be freed. */
  primitive: Primitive;
  inputs: readonly Node[];
  buffer: DeviceBuffer | undefined;
}

export function makeNode(
  primitive: Primitive,
  inputs: readonly Node[],
  shape: Shape,
  dtype: DType,
  device: Device,
): Node {
  return { primitive, inputs, shape, dtype, device, buffer: undefined };
}
