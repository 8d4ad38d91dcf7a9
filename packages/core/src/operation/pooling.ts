import { CoreError } from '../core-error.ts';
import type { Node } from '../graph/node.ts';
import { lengthOf, shapeText } from '../graph/shape.ts';
import { at } from '../invariant.ts';
import {
  type ConvolutionOptions,
  forEachAxis,
  type Geometry,
  geometryOf,
  type Padding,
  padSpatial,
  spatialWindows,
} from './convolution.ts';
import { cast, div, where } from './elementwise.ts';
import { constant } from './make.ts';
import { concat, expand, slice } from './movement.ts';
import { max, mean, sum } from './reduce.ts';

export interface PoolOptions {
  /** The window's size when left out, so that windows do not overlap. */
  readonly stride?: number | readonly number[];
  readonly padding?: Padding;
  readonly dilation?: number | readonly number[];
  /** Whether a last window may reach beyond the padded end; one that lies wholly beyond the elements is left out, as in PyTorch. */
  readonly ceilMode?: boolean;
}

export interface AveragePoolOptions extends PoolOptions {
  /** Whether padding counts as zeros; if not, means are of what is there. What ceilMode adds never counts. */
  readonly countsPadding?: boolean;
}

export function maxPool(x: Node, size: number | readonly number[], options: PoolOptions): Node {
  const { view, isInside, axes } = pooled('maxPool', x, size, options, false);
  return max(isInside ? where(isInside, view, Number.NEGATIVE_INFINITY) : view, axes);
}

export function averagePool(x: Node, size: number | readonly number[], options: AveragePoolOptions): Node {
  const { view, isInside, axes } = pooled('averagePool', x, size, options, options.countsPadding === true);
  return isInside ? div(sum(view, axes), sum(cast(isInside, 'float32'), axes)) : mean(view, axes, {});
}

type Sides = Geometry['padding'];
const hasNone = (sides: Sides): boolean => sides.every(([before, behind]) => before === 0 && behind === 0);

function pooled(
  operation: string,
  x: Node,
  size: number | readonly number[],
  options: PoolOptions,
  countsPadding: boolean,
): { readonly view: Node; readonly isInside?: Node; readonly axes: number[] } {
  const lengths = x.shape.slice(1, -1);
  const sizes = forEachAxis(operation, size, lengths, 'size');
  const given: ConvolutionOptions = { ...options, stride: options.stride ?? sizes };
  const geometry = geometryOf(operation, lengths, sizes, given);
  const more = options.ceilMode ? beyond(lengths, geometry) : lengths.map(() => 0);
  const whole = geometry.padding.map(([before, behind], axis): readonly [number, number] => [
    before,
    behind + lengthOf(more, axis),
  ]);
  const view = spatialWindows(padSpatial(x, whole), geometry);
  const axes = sizes.map((_, axis) => x.shape.length + axis);
  const isCounted = countsPadding ? more.every((one) => one === 0) : hasNone(whole);
  if (isCounted) return { view, axes };
  // What counts as there: the elements, or the padding too, but nothing of what is beyond it.
  const there = countsPadding
    ? lengths.map((length, axis) => length + at(geometry.padding, axis, 'padding').reduce((a, b) => a + b))
    : lengths;
  const around: Sides = countsPadding ? more.map((one) => [0, one] as const) : whole;
  const inside = expand(constant(1, 'bool', x.device), [1, ...there, 1]);
  return { view, axes, isInside: spatialWindows(padSpatial(inside, around), geometry) };
}

/** How far a last window reaches beyond the padded end. */
const beyond = (lengths: readonly number[], { sizes, strides, dilations, padding }: Geometry): number[] =>
  lengths.map((length, axis) => {
    const [before, behind] = at(padding, axis, 'padding');
    const [stride, span] = [
      lengthOf(strides, axis),
      lengthOf(dilations, axis) * (lengthOf(sizes, axis) - 1) + 1,
    ];
    const last = Math.ceil((length + before + behind - span) / stride);
    const kept = last * stride >= length + before ? last - 1 : last;
    return Math.max(0, kept * stride + span - (length + before + behind));
  });

/** Pools each spatial axis into so many parts of nearly equal length, which may share elements at their ends. */
export function adaptivePool(fn: 'max' | 'average', x: Node, size: number | readonly number[]): Node {
  const lengths = x.shape.slice(1, -1);
  const sizes = lengths.map((_, axis) => (typeof size === 'number' ? size : (size[axis] ?? 1)));
  const isRight =
    lengths.length >= 1 &&
    (typeof size === 'number' || size.length === lengths.length) &&
    sizes.every((one) => Number.isInteger(one) && one >= 1) &&
    lengths.every((length) => length >= 1);
  if (!isRight) {
    throw new CoreError(
      'POOL',
      `adaptive pooling: the size ${shapeText(sizes)} does not fit the spatial axes of ${shapeText(x.shape)}.`,
      'There is one length from 1 on for each axis between the first and the last, and none of those is empty.',
    );
  }
  return sizes.reduce((part, count, index) => {
    const axis = index + 1;
    const length = lengthOf(part.shape, axis);
    const parts = Array.from({ length: count }, (_, at) => {
      const range = [Math.floor((at * length) / count), Math.ceil(((at + 1) * length) / count)] as const;
      const own = slice(
        part,
        part.shape.map((_, one) => (one === axis ? range : null)),
      );
      return fn === 'max' ? max(own, axis, { keepDims: true }) : mean(own, axis, { keepDims: true });
    });
    const [first = part, ...rest] = parts;
    return concat([first, ...rest], axis);
  }, x);
}
