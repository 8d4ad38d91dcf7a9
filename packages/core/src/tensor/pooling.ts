import {
  type ConvolutionOptions,
  geometryOf,
  type Padding,
  padSpatial,
  spatialWindows,
} from './convolution.ts';
import { where } from './elementwise.ts';
import { constant } from './make.ts';
import { expand } from './movement.ts';
import type { Tensor } from './tensor.ts';

export interface PoolOptions {
  /** The window's size when left out, so that windows do not overlap. */
  readonly stride?: number | readonly number[];
  readonly padding?: Padding;
  readonly dilation?: number | readonly number[];
}

/** The largest element of each window, channel by channel: [n, ...spatial, channels] -> [n, ...positions, channels]. */
export function maxPool(x: Tensor, size: number | readonly number[], options: PoolOptions = {}): Tensor {
  const { view, isInside, axes } = pooled('maxPool', x, size, options);
  return (isInside ? where(isInside, view, Number.NEGATIVE_INFINITY) : view).max(axes);
}

/** The mean of each window, channel by channel; what is padded does not count. */
export function averagePool(x: Tensor, size: number | readonly number[], options: PoolOptions = {}): Tensor {
  const { view, isInside, axes } = pooled('averagePool', x, size, options);
  return isInside ? view.sum(axes).div(isInside.cast('float32').sum(axes)) : view.mean(axes);
}

function pooled(
  operation: string,
  x: Tensor,
  size: number | readonly number[],
  options: PoolOptions,
): { readonly view: Tensor; readonly isInside?: Tensor; readonly axes: number[] } {
  const lengths = x.shape.slice(1, -1);
  const sizes = lengths.map((_, axis) => (typeof size === 'number' ? size : (size[axis] ?? 1)));
  const given: ConvolutionOptions = { ...options, stride: options.stride ?? sizes };
  const geometry = geometryOf(operation, lengths, sizes, given);
  const view = spatialWindows(padSpatial(x, geometry.padding), geometry);
  const axes = sizes.map((_, axis) => x.rank + axis);
  if (geometry.padding.every(([before, behind]) => before === 0 && behind === 0)) return { view, axes };
  const ones = expand(constant(1, 'bool', x.device), [1, ...lengths, 1]);
  return { view, axes, isInside: spatialWindows(padSpatial(ones, geometry.padding), geometry) };
}
