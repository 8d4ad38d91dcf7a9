import type { Node } from '../graph/node.ts';
import {
  type ConvolutionOptions,
  geometryOf,
  type Padding,
  padSpatial,
  spatialWindows,
} from './convolution.ts';
import { cast, div, where } from './elementwise.ts';
import { constant } from './make.ts';
import { expand } from './movement.ts';
import { max, mean, sum } from './reduce.ts';

export interface PoolOptions {
  /** The window's size when left out, so that windows do not overlap. */
  readonly stride?: number | readonly number[];
  readonly padding?: Padding;
  readonly dilation?: number | readonly number[];
}

export function maxPool(x: Node, size: number | readonly number[], options: PoolOptions): Node {
  const { view, isInside, axes } = pooled('maxPool', x, size, options);
  return max(isInside ? where(isInside, view, Number.NEGATIVE_INFINITY) : view, axes);
}

export function averagePool(x: Node, size: number | readonly number[], options: PoolOptions): Node {
  const { view, isInside, axes } = pooled('averagePool', x, size, options);
  return isInside ? div(sum(view, axes), sum(cast(isInside, 'float32'), axes)) : mean(view, axes, {});
}

function pooled(
  operation: string,
  x: Node,
  size: number | readonly number[],
  options: PoolOptions,
): { readonly view: Node; readonly isInside?: Node; readonly axes: number[] } {
  const lengths = x.shape.slice(1, -1);
  const sizes = lengths.map((_, axis) => (typeof size === 'number' ? size : (size[axis] ?? 1)));
  const given: ConvolutionOptions = { ...options, stride: options.stride ?? sizes };
  const geometry = geometryOf(operation, lengths, sizes, given);
  const view = spatialWindows(padSpatial(x, geometry.padding), geometry);
  const axes = sizes.map((_, axis) => x.shape.length + axis);
  if (geometry.padding.every(([before, behind]) => before === 0 && behind === 0)) return { view, axes };
  const inside = expand(constant(1, 'bool', x.device), [1, ...lengths, 1]);
  return { view, axes, isInside: spatialWindows(padSpatial(inside, geometry.padding), geometry) };
}
