import { CoreError } from '../core-error.ts';
import { make } from './make.ts';
import {
  broadcastShapes,
  inferShape,
  isSameShape,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  shapeText,
} from './shape.ts';
import type { Axes, Tensor } from './tensor.ts';

/** Pieces are joined as float32: see `DType`. */
const wide = (tensor: Tensor): Tensor =>
  tensor.dtype === 'float16'
    ? make({ kind: 'elementwise', fn: 'cast' }, [tensor], tensor.shape, 'float32')
    : tensor;

export function reshape(tensor: Tensor, shape: Shape): Tensor {
  const full = inferShape(shape, tensor.shape);
  return isSameShape(full, tensor.shape) ? tensor : make({ kind: 'reshape' }, [tensor], full, tensor.dtype);
}

export function permute(tensor: Tensor, permutation?: readonly number[]): Tensor {
  const order = permutation ?? tensor.shape.map((_, axis) => tensor.rank - 1 - axis);
  const normal = order.map((axis) => normalizeAxis(axis, tensor.shape, 'transpose'));
  if (normal.length !== tensor.rank || new Set(normal).size !== tensor.rank) {
    throw new CoreError(
      'AXIS',
      `transpose: [${order.join(', ')}] is no permutation of the axes of ${shapeText(tensor.shape)}.`,
      'Name each axis once.',
    );
  }
  if (normal.every((axis, index) => axis === index)) return tensor;
  const shape = normal.map((axis) => tensor.shape[axis] ?? 1);
  return make({ kind: 'permute', permutation: normal }, [tensor], shape, tensor.dtype);
}

export function expand(tensor: Tensor, shape: Shape): Tensor {
  if (isSameShape(tensor.shape, shape)) return tensor;
  if (!isSameShape(broadcastShapes(tensor.shape, shape, 'expand'), shape)) {
    throw new CoreError(
      'SHAPE_MISMATCH',
      `expand: ${shapeText(tensor.shape)} does not stretch to ${shapeText(shape)}.`,
      'Only axes of length 1 stretch.',
    );
  }
  return make({ kind: 'expand' }, [tensor], shape, tensor.dtype);
}

export function slice(
  tensor: Tensor,
  ranges: readonly (readonly [number, number, number?] | null)[],
): Tensor {
  if (ranges.length > tensor.rank) throw wrongSlice(tensor, `there are ${ranges.length} ranges`);
  const parts = tensor.shape.map((length, axis) => {
    const [start, end, step = 1] = ranges[axis] ?? [0, length];
    if (![start, end, step].every(Number.isInteger) || step < 1)
      throw wrongSlice(tensor, `[${start}, ${end}, ${step}] is no range of axis ${axis}`);
    const clamp = (place: number): number =>
      Math.min(length, Math.max(0, place < 0 ? place + length : place));
    const first = clamp(start);
    return { start: first, step, length: Math.max(0, Math.ceil((clamp(end) - first) / step)) };
  });
  const shape = parts.map((part) => part.length);
  const starts = parts.map((part) => part.start);
  return make(
    { kind: 'slice', starts, steps: parts.map((part) => part.step) },
    [tensor],
    shape,
    tensor.dtype,
  );
}

const wrongSlice = ({ shape }: Tensor, what: string): CoreError =>
  new CoreError(
    'SLICE',
    `slice: ${what} for a tensor of shape ${shapeText(shape)}.`,
    'Give at most one range per axis: [start, end] or [start, end, step], whole numbers, steps from 1 on.',
  );

export function pad(tensor: Tensor, amounts: readonly (readonly [number, number])[]): Tensor {
  const isWhole = amounts.flat().every((amount) => Number.isInteger(amount) && amount >= 0);
  if (!isWhole || amounts.length > tensor.rank) {
    throw new CoreError(
      'PAD',
      `pad: ${amounts.map(shapeText).join(', ')} does not fit a tensor of shape ${shapeText(tensor.shape)}.`,
      'Give at most one pair per axis, of whole numbers from 0 on.',
    );
  }
  const shape = tensor.shape.map(
    (length, axis) => length + (amounts[axis]?.[0] ?? 0) + (amounts[axis]?.[1] ?? 0),
  );
  const offsets = [tensor.shape.map((_, axis) => amounts[axis]?.[0] ?? 0)];
  const whole = wide(tensor);
  return make({ kind: 'assemble', offsets }, [whole], shape, whole.dtype);
}

/** Tensors one behind the other along an axis. @throws TRS_CORE_SHAPE_MISMATCH */
export function concat(given: readonly [Tensor, ...Tensor[]], axis = 0): Tensor {
  checkNotEmpty(given, 'concat');
  const [head, ...others] = given;
  const tensors: [Tensor, ...Tensor[]] = [wide(head), ...others.map(wide)];
  const [first] = tensors;
  if (tensors.length > MOST_PIECES) return concat(inGroups(tensors, axis), axis);
  const normal = normalizeAxis(axis, first.shape, 'concat');
  let length = 0;
  const offsets = tensors.map((tensor) => {
    const fits =
      tensor.rank === first.rank && tensor.shape.every((l, at) => at === normal || l === first.shape[at]);
    if (!fits || tensor.dtype !== first.dtype) {
      throw new CoreError(
        'SHAPE_MISMATCH',
        `concat: ${tensor.dtype}${shapeText(tensor.shape)} does not go with ${first.dtype}${shapeText(first.shape)} along axis ${axis}.`,
        'All other lengths, and the types, must be equal.',
      );
    }
    const offset = first.shape.map((_, at) => (at === normal ? length : 0));
    length += tensor.shape[normal] ?? 0;
    return offset;
  });
  const shape = first.shape.map((l, at) => (at === normal ? length : l));
  return make({ kind: 'assemble', offsets }, tensors, shape, first.dtype);
}

/** A kernel has a parameter for each piece, and WebAssembly allows a function 1,000 of them. */
const MOST_PIECES = 256;

function inGroups([first, ...rest]: readonly [Tensor, ...Tensor[]], axis: number): [Tensor, ...Tensor[]] {
  const others: Tensor[] = [];
  for (let from = MOST_PIECES - 1; from < rest.length; from += MOST_PIECES) {
    const [head, ...tail] = rest.slice(from, from + MOST_PIECES);
    if (head) others.push(concat([head, ...tail], axis));
  }
  return [concat([first, ...rest.slice(0, MOST_PIECES - 1)], axis), ...others];
}

/** The types ask for one tensor at least; a list that is made while a program runs may have none. */
function checkNotEmpty(tensors: readonly Tensor[], operation: string): void {
  if (tensors.length > 0) return;
  throw new CoreError('NO_TENSORS', `${operation}: the list is empty.`, 'Give at least one tensor.');
}

/** Axes read backwards; all of them when left out. */
export function flip(tensor: Tensor, axes?: Axes): Tensor {
  const list = normalizeAxes(axes, tensor.shape, 'flip');
  if (list.length === 0 || tensor.size === 0) return tensor;
  return make({ kind: 'flip', axes: list }, [tensor], tensor.shape, tensor.dtype);
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
export function windows(tensor: Tensor, list: readonly Window[]): Tensor {
  const axes = list.map(({ axis }) => normalizeAxis(axis, tensor.shape, 'windows'));
  const positions = [...tensor.shape];
  for (const [index, { size, stride = 1, dilation = 1 }] of list.entries()) {
    const axis = axes[index] ?? 0;
    const length = tensor.shape[axis] ?? 1;
    const span = dilation * (size - 1) + 1;
    const isWhole = [size, stride, dilation].every((one) => Number.isInteger(one) && one >= 1);
    if (!isWhole || span > length || axes.indexOf(axis) !== index) {
      throw new CoreError(
        'WINDOW',
        `windows: size ${size}, stride ${stride} and dilation ${dilation} do not fit axis ${axis} of ${shapeText(tensor.shape)}.`,
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
    [tensor],
    [...positions, ...sizes],
    tensor.dtype,
  );
}

/** Axes of length 1 put in, at places of the result. */
export function expandDims(tensor: Tensor, axes: Axes, operation = 'expandDims'): Tensor {
  const list = typeof axes === 'number' ? [axes] : axes;
  const places = normalizeAxes(list, [...tensor.shape, ...list.map(() => 1)], operation);
  const shape = [...tensor.shape];
  for (const place of places) shape.splice(place, 0, 1);
  return reshape(tensor, shape);
}

/** Axes of length 1 taken out; all of them when left out. @throws TRS_CORE_AXIS when a named one is longer */
export function squeeze(tensor: Tensor, axes?: Axes): Tensor {
  const list =
    axes === undefined
      ? [...tensor.shape.keys()].filter((axis) => tensor.shape[axis] === 1)
      : normalizeAxes(axes, tensor.shape, 'squeeze');
  const long = list.find((axis) => tensor.shape[axis] !== 1);
  if (long !== undefined) {
    throw new CoreError(
      'AXIS',
      `squeeze: axis ${long} of ${shapeText(tensor.shape)} is not of length 1.`,
      'Name axes of length 1, or none.',
    );
  }
  return reshape(
    tensor,
    tensor.shape.filter((_, axis) => !list.includes(axis)),
  );
}

/** Moves one axis to another place; the others keep their order. */
export function moveAxis(tensor: Tensor, from: number, to: number): Tensor {
  const source = normalizeAxis(from, tensor.shape, 'moveAxis');
  const order = [...tensor.shape.keys()].filter((axis) => axis !== source);
  order.splice(normalizeAxis(to, tensor.shape, 'moveAxis'), 0, source);
  return permute(tensor, order);
}

/** Tensors of one shape along a new axis. @throws TRS_CORE_SHAPE_MISMATCH */
export function stack(tensors: readonly [Tensor, ...Tensor[]], axis = 0): Tensor {
  const [first] = tensors;
  checkNotEmpty(tensors, 'stack');
  const other = tensors.find(({ shape }) => !isSameShape(shape, first.shape));
  if (other) {
    throw new CoreError(
      'SHAPE_MISMATCH',
      `stack: ${shapeText(other.shape)} does not go with ${shapeText(first.shape)}.`,
      'All tensors must have one shape.',
    );
  }
  const [raised = first, ...rest] = tensors.map((tensor) => expandDims(tensor, axis, 'stack'));
  return concat([raised, ...rest], normalizeAxis(axis, raised.shape, 'stack'));
}

/** Parts of equal length along an axis, or of the lengths given. @throws TRS_CORE_SPLIT when they do not add up */
export function split(tensor: Tensor, parts: number | readonly number[], axis = 0): Tensor[] {
  const normal = normalizeAxis(axis, tensor.shape, 'split');
  const length = tensor.shape[normal] ?? 1;
  const lengths = typeof parts === 'number' ? Array.from({ length: parts }, () => length / parts) : parts;
  const isWhole = lengths.every((one) => Number.isInteger(one) && one >= 0);
  if (!isWhole || lengths.reduce((sum, one) => sum + one, 0) !== length) {
    throw new CoreError(
      'SPLIT',
      `split: axis ${normal} of ${shapeText(tensor.shape)} does not fall into ${typeof parts === 'number' ? `${parts} equal parts` : shapeText(parts)}.`,
      'The lengths must add up to the axis.',
    );
  }
  let from = 0;
  return lengths.map((one) => {
    const ranges = tensor.shape.map((_, at) => (at === normal ? ([from, from + one] as const) : null));
    from += one;
    return slice(tensor, ranges);
  });
}
