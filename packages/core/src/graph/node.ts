import { callSite } from '../call-site.ts';
import { CoreError } from '../core-error.ts';
import { latestDebug } from '../debug.ts';
import type { Device, DeviceBuffer } from '../device/device.ts';
import type { DType } from './dtype.ts';
import type { ElementwiseFunction } from './elementwise.ts';
import { own } from './scope.ts';
import { type Shape, shapeText } from './shape.ts';

export type ReduceFunction = 'sum' | 'max' | 'min';

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
  /** Over axes, which keep the length 1. A NaN is the largest and the smallest of all. */
  | { readonly kind: 'reduce'; readonly fn: ReduceFunction; readonly axes: readonly number[] }
  /** [..., m, k] x [..., k, n] with equal leading axes. */
  | { readonly kind: 'matmul' }
  | { readonly kind: 'reshape' }
  | { readonly kind: 'permute'; readonly permutation: readonly number[] }
  /** Axes of length 1 repeated. */
  | { readonly kind: 'expand' }
  | { readonly kind: 'slice'; readonly starts: readonly number[]; readonly steps: readonly number[] }
  /** Axes read backwards. */
  | { readonly kind: 'flip'; readonly axes: readonly number[] }
  /**
   * Sliding windows: an axis of length L becomes one of positions, and for each of `axes` a further axis of its size comes
   * last. Element (position, place) is the input's element position * stride + place * dilation.
   */
  | {
      readonly kind: 'windows';
      readonly axes: readonly number[];
      readonly sizes: readonly number[];
      readonly strides: readonly number[];
      readonly dilations: readonly number[];
    }
  /** Inputs put at offsets into zeros: padding and concatenation. */
  | { readonly kind: 'assemble'; readonly offsets: readonly (readonly number[])[] }
  /** Rows of input 0 along an axis, chosen by the int32 input 1 of rank 1; out of range reads 0. */
  | { readonly kind: 'gather'; readonly axis: number }
  /** Rows of input 0 added up at the places of the int32 input 1: the gradient of gather. */
  | { readonly kind: 'scatterAdd'; readonly axis: number }
  /** Along the last axis, the places (int32) of the elements in order: stable, and NaN is above all numbers. */
  | { readonly kind: 'argsort'; readonly isDescending: boolean };

/** How a node is differentiated, in place of what its primitive says. Transforms look at it; scheduling does not. */
export interface Derivative {
  readonly operands: readonly Node[];
  /** The gradients with respect to the operands; undefined where there is none. */
  pullback(operands: readonly Node[], output: Node, gradient: Node): readonly (Node | undefined)[];
  /** Whether the node's own graph has the same derivative, so that forward mode may go through it. */
  readonly isTransparent: boolean;
}

/** A value of the lazy graph: how it is made, until it is made. */
export interface Node {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly device: Device;
  /** Becomes `data` once computed, so that what it was made from can be freed. */
  primitive: Primitive;
  inputs: readonly Node[];
  buffer: DeviceBuffer | undefined;
  derivative: Derivative | undefined;
  /** What gave the value up: `dispose`, a scope, a donation. */
  released: string | undefined;
  /** Nodes made later have larger numbers. */
  readonly serial: number;
  /** Where the user's code made it; noted only while NaN is looked for. */
  readonly madeAt: string | undefined;
}

// What was there before a trace began can be told from what it made.
let lastSerial = 0;

/** The number of the newest node. */
export const newestSerial = (): number => lastSerial;

export function makeNode(
  primitive: Primitive,
  inputs: readonly Node[],
  shape: Shape,
  dtype: DType,
  device: Device,
): Node {
  lastSerial++;
  return {
    primitive,
    inputs,
    shape,
    dtype,
    device,
    buffer: undefined,
    derivative: undefined,
    released: undefined,
    serial: lastSerial,
    madeAt: latestDebug().findsNaN ? callSite() : undefined,
  };
}

/** Gives a node its value; it forgets how it was made. */
export function settle(node: Node, buffer: DeviceBuffer): void {
  node.buffer = buffer;
  node.primitive = { kind: 'data' };
  node.inputs = [];
  node.derivative = undefined;
  own(node);
}

/** A node with a value from the start. */
export function dataNode(buffer: DeviceBuffer, shape: Shape, device: Device): Node {
  const node = makeNode({ kind: 'data' }, [], shape, buffer.dtype, device);
  node.buffer = buffer;
  own(node);
  return node;
}

/** What users call it. */
export const operationName = (primitive: Primitive): string =>
  primitive.kind === 'elementwise' || primitive.kind === 'reduce' ? primitive.fn : primitive.kind;

/** What to say when a node's value is wanted that is not there. */
export function missingValue(node: Node, wantedBy: string): CoreError {
  const name = `${node.dtype}${shapeText(node.shape)}`;
  return node.released === undefined
    ? new CoreError(
        'PLACEHOLDER',
        `${wantedBy}: a tensor ${name} has no value, it stands for an argument while a function is traced.`,
        'Inside jit and vmap, values are not known: choose with where() instead of if, and return what you need.',
      )
    : new CoreError(
        'RELEASED',
        `${wantedBy}: a tensor ${name} was released by ${node.released}, and is used after that.`,
        'Keep it longer, or return it from the scope.',
      );
}

/** What to say when a node's value went with its device. */
export function lostValue(node: Node, what: string): CoreError {
  const { name, lost = 'it does not answer' } = node.device;
  return new CoreError(
    'DEVICE_LOST',
    `${what} ${node.dtype}${shapeText(node.shape)} was on the device "${name}", which is gone: ${lost}.`,
    `Open a new one with openDevice("${name}"), and make the tensors again from host data or a checkpoint.`,
    'unavailable',
    true,
  );
}

/** A node that stands for a value to come: an argument while a function is traced. */
export const placeholderNode = (shape: Shape, dtype: DType, device: Device): Node =>
  makeNode({ kind: 'data' }, [], shape, dtype, device);
