import { CoreError } from '../core-error.ts';
import type { Node } from '../graph/node.ts';
import {
  broadcastShapes,
  inferShape,
  isSameShape,
  lengthOf,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  shapeText,
  sizeOf,
} from '../graph/shape.ts';
import { invariant } from '../invariant.ts';
import { type Axes, make } from './make.ts';

/** Pieces are joined as float32: see `DType`. */
const wide = (x: Node): Node =>
  x.dtype === 'float16' ? make({ kind: 'elementwise', fn: 'cast' }, [x], x.shape, 'float32') : x;

export function reshape(x: Node, shape: Shape): Node {
  const full = inferShape(shape, x.shape);
  return isSameShape(full, x.shape) ? x : make({ kind: 'reshape' }, [x], full, x.dtype);
}

export function permute(x: Node, permutation?: readonly number[]): Node {
  const order = permutation ?? x.shape.map((_, axis) => x.shape.length - 1 - axis);
  const normal = order.map((axis) => normalizeAxis(axis, x.shape, 'transpose'));
  if (normal.length !== x.shape.length || new Set(normal).size !== x.shape.length) {
    throw new CoreError(
      'AXIS',
      `transpose: [${order.join(', ')}] is no permutation of the axes of ${shapeText(x.shape)}.`,
      'Name each axis once.',
    );
  }
  if (normal.every((axis, index) => axis === index)) return x;
  const shape = normal.map((axis) => lengthOf(x.shape, axis));
  return make({ kind: 'permute', permutation: normal }, [x], shape, x.dtype);
}

export function expand(x: Node, shape: Shape): Node {
  if (isSameShape(x.shape, shape)) return x;
  if (!isSameShape(broadcastShapes(x.shape, shape, 'expand'), shape)) {
    throw new CoreError(
      'SHAPE_MISMATCH',
      `expand: ${shapeText(x.shape)} does not stretch to ${shapeText(shape)}.`,
      'Only axes of length 1 stretch.',
    );
  }
  return make({ kind: 'expand' }, [x], shape, x.dtype);
}

export function slice(x: Node, ranges: readonly (readonly [number, number, number?] | null)[]): Node {
  if (ranges.length > x.shape.length) throw wrongSlice(x, `there are ${ranges.length} ranges`);
  const parts = x.shape.map((length, axis) => {
    const [start, end, step = 1] = ranges[axis] ?? [0, length];
    if (![start, end, step].every(Number.isInteger) || step < 1)
      throw wrongSlice(x, `[${start}, ${end}, ${step}] is no range of axis ${axis}`);
    const clamp = (place: number): number =>
      Math.min(length, Math.max(0, place < 0 ? place + length : place));
    const first = clamp(start);
    return { start: first, step, length: Math.max(0, Math.ceil((clamp(end) - first) / step)) };
  });
  const shape = parts.map((part) => part.length);
  const starts = parts.map((part) => part.start);
  return make({ kind: 'slice', starts, steps: parts.map((part) => part.step) }, [x], shape, x.dtype);
}

const wrongSlice = ({ shape }: Node, what: string): CoreError =>
  new CoreError(
    'SLICE',
    `slice: ${what} for a tensor of shape ${shapeText(shape)}.`,
    'Give at most one range per axis: [start, end] or [start, end, step], whole numbers, steps from 1 on.',
  );

export function pad(x: Node, amounts: readonly (readonly [number, number])[]): Node {
  const isWhole = amounts.flat().every((amount) => Number.isInteger(amount) && amount >= 0);
  if (!isWhole || amounts.length > x.shape.length) {
    throw new CoreError(
      'PAD',
      `pad: ${amounts.map(shapeText).join(', ')} does not fit a tensor of shape ${shapeText(x.shape)}.`,
      'Give at most one pair per axis, of whole numbers from 0 on.',
    );
  }
  const shape = x.shape.map((length, axis) => length + (amounts[axis]?.[0] ?? 0) + (amounts[axis]?.[1] ?? 0));
  const offsets = [x.shape.map((_, axis) => amounts[axis]?.[0] ?? 0)];
  const whole = wide(x);
  return make({ kind: 'assemble', offsets }, [whole], shape, whole.dtype);
}

/** Nodes one behind the other along an axis. @throws TRS_CORE_SHAPE_MISMATCH */
export function concat(given: readonly [Node, ...Node[]], axis = 0): Node {
  const [head, ...others] = given;
  const tensors: [Node, ...Node[]] = [wide(head), ...others.map(wide)];
  const [first] = tensors;
  if (tensors.length > MOST_PIECES) return concat(inGroups(tensors, axis), axis);
  const normal = normalizeAxis(axis, first.shape, 'concat');
  let length = 0;
  const offsets = tensors.map((x) => {
    const fits =
      x.shape.length === first.shape.length &&
      x.shape.every((l, at) => at === normal || l === first.shape[at]);
    if (!fits || x.dtype !== first.dtype) {
      throw new CoreError(
        'SHAPE_MISMATCH',
        `concat: ${x.dtype}${shapeText(x.shape)} does not go with ${first.dtype}${shapeText(first.shape)} along axis ${axis}.`,
        'All other lengths, and the types, must be equal.',
      );
    }
    const offset = first.shape.map((_, at) => (at === normal ? length : 0));
    length += lengthOf(x.shape, normal);
    return offset;
  });
  const shape = first.shape.map((l, at) => (at === normal ? length : l));
  return make({ kind: 'assemble', offsets }, tensors, shape, first.dtype);
}

/** A kernel has a parameter for each piece, and WebAssembly allows a function 1,000 of them. */
const MOST_PIECES = 256;

function inGroups([first, ...rest]: readonly [Node, ...Node[]], axis: number): [Node, ...Node[]] {
  const others: Node[] = [];
  for (let from = MOST_PIECES - 1; from < rest.length; from += MOST_PIECES) {
    const [head, ...tail] = rest.slice(from, from + MOST_PIECES);
    if (head) others.push(concat([head, ...tail], axis));
  }
  return [concat([first, ...rest.slice(0, MOST_PIECES - 1)], axis), ...others];
}

/** Axes read backwards; all of them when left out. */
export function flip(x: Node, axes?: Axes): Node {
  const list = normalizeAxes(axes, x.shape, 'flip');
  if (list.length === 0 || sizeOf(x.shape) === 0) return x;
  return make({ kind: 'flip', axes: list }, [x], x.shape, x.dtype);
}

/** One sliding axis. */
export interface Window {
  readonly axis: number;
  readonly size: number;
  /** Between one position and the next; 1 when left out. */
  readonly stride?: number;
  /** Between the places inside a window; 1 when left out. */
  readonly dilation?: number;
}

/**
 * Sliding windows without a copy: each axis becomes one of positions, and the places in the window come as further axes behind
 * all others, in the order given: [.., L, ..] -> [.., floor((L - dilation (size - 1) - 1) / stride) + 1, .., size].
 *
 * @throws TRS_CORE_WINDOW when a window does not fit, or is not given in whole numbers
 */
export function windows(x: Node, list: readonly Window[]): Node {
  const axes = list.map(({ axis }) => normalizeAxis(axis, x.shape, 'windows'));
  const positions = [...x.shape];
  for (const [index, { size, stride = 1, dilation = 1 }] of list.entries()) {
    const axis = invariant(axes[index], 'the axis of a window');
    const length = lengthOf(x.shape, axis);
    const span = dilation * (size - 1) + 1;
    const isWhole = [size, stride, dilation].every((one) => Number.isInteger(one) && one >= 1);
    if (!isWhole || span > length || axes.indexOf(axis) !== index) {
      throw new CoreError(
        'WINDOW',
        `windows: size ${size}, stride ${stride} and dilation ${dilation} do not fit axis ${axis} of ${shapeText(x.shape)}.`,
        'They are whole numbers from 1 on, each axis is named once, and dilation * (size - 1) + 1 is at most its length.',
      );
    }
    positions[axis] = Math.floor((length - span) / stride) + 1;
  }
  const sizes = list.map(({ size }) => size);
  return make(
    {
      kind: 'windows',
      axes,
      sizes,
      strides: list.map(({ stride = 1 }) => stride),
      dilations: list.map(({ dilation = 1 }) => dilation),
    },
    [x],
    [...positions, ...sizes],
    x.dtype,
  );
}

/** Axes of length 1 put in, at places of the result. */
export function expandDims(x: Node, axes: Axes, operation = 'expandDims'): Node {
  const list = typeof axes === 'number' ? [axes] : axes;
  const places = normalizeAxes(list, [...x.shape, ...list.map(() => 1)], operation);
  const shape = [...x.shape];
  for (const place of places) shape.splice(place, 0, 1);
  return reshape(x, shape);
}

/** Axes of length 1 taken out; all of them when left out. @throws TRS_CORE_AXIS when a named one is longer */
export function squeeze(x: Node, axes?: Axes): Node {
  const list =
    axes === undefined
      ? [...x.shape.keys()].filter((axis) => x.shape[axis] === 1)
      : normalizeAxes(axes, x.shape, 'squeeze');
  const long = list.find((axis) => x.shape[axis] !== 1);
  if (long !== undefined) {
    throw new CoreError(
      'AXIS',
      `squeeze: axis ${long} of ${shapeText(x.shape)} is not of length 1.`,
      'Name axes of length 1, or none.',
    );
  }
  return reshape(
    x,
    x.shape.filter((_, axis) => !list.includes(axis)),
  );
}

/** Moves one axis to another place; the others keep their order. */
export function moveAxis(x: Node, from: number, to: number): Node {
  const source = normalizeAxis(from, x.shape, 'moveAxis');
  const order = [...x.shape.keys()].filter((axis) => axis !== source);
  order.splice(normalizeAxis(to, x.shape, 'moveAxis'), 0, source);
  return permute(x, order);
}

/** Nodes of one shape along a new axis. @throws TRS_CORE_SHAPE_MISMATCH */
export function stack(tensors: readonly [Node, ...Node[]], axis = 0): Node {
  const [first] = tensors;
  const other = tensors.find(({ shape }) => !isSameShape(shape, first.shape));
  if (other) {
    throw new CoreError(
      'SHAPE_MISMATCH',
      `stack: ${shapeText(other.shape)} does not go with ${shapeText(first.shape)}.`,
      'All tensors must have one shape.',
    );
  }
  const [raised = first, ...rest] = tensors.map((x) => expandDims(x, axis, 'stack'));
  return concat([raised, ...rest], normalizeAxis(axis, raised.shape, 'stack'));
}

/** Parts of equal length along an axis, or of the lengths given. @throws TRS_CORE_SPLIT when they do not add up */
export function split(x: Node, parts: number | readonly number[], axis = 0): Node[] {
  const normal = normalizeAxis(axis, x.shape, 'split');
  const length = lengthOf(x.shape, normal);
  const lengths = typeof parts === 'number' ? Array.from({ length: parts }, () => length / parts) : parts;
  const isWhole = lengths.every((one) => Number.isInteger(one) && one >= 0);
  if (!isWhole || lengths.reduce((sum, one) => sum + one, 0) !== length) {
    throw new CoreError(
      'SPLIT',
      `split: axis ${normal} of ${shapeText(x.shape)} does not fall into ${typeof parts === 'number' ? `${parts} equal parts` : shapeText(parts)}.`,
      'The lengths must add up to the axis.',
    );
  }
  let from = 0;
  return lengths.map((one) => {
    const ranges = x.shape.map((_, at) => (at === normal ? ([from, from + one] as const) : null));
    from += one;
    return slice(x, ranges);
  });
}
