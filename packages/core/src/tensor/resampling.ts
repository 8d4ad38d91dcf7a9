import { type PadMode, padded } from '../operation/padding.ts';
import { adaptivePool } from '../operation/pooling.ts';
import * as resize from '../operation/resize.ts';
import { cumulative } from '../operation/scan.ts';
import { Tensor } from './tensor.ts';

export interface PadOptions {
  /** constant when left out. */
  readonly mode?: PadMode;
  /** Of the mode constant; 0 when left out. */
  readonly value?: number;
}

/**
 * Elements around a tensor: per axis how many before and behind; negative ones cut off. They are a value, what lies inside as in a
 * mirror (`reflect`, the edge once), the `edge`, or what lies at the other end (`wrap`); mirrors and turns go on as long as wanted.
 *
 * @throws TRS_CORE_PAD
 */
export const pad = (
  x: Tensor,
  amounts: readonly (readonly [number, number])[],
  { mode = 'constant', value = 0 }: PadOptions = {},
): Tensor => new Tensor(padded(x.node, amounts, mode, value));

/**
 * Spatial axes made longer or shorter: [n, ...spatial, channels] -> [n, ...size, channels], as PyTorch's function of the name does.
 *
 * @throws TRS_CORE_INTERPOLATE
 */
export const interpolate = (
  x: Tensor,
  size: readonly number[],
  options: resize.InterpolationOptions = {},
): Tensor => new Tensor(resize.interpolate(x.node, size, options));

/** The largest elements of parts, so many along each spatial axis: [n, ...spatial, channels] -> [n, ...size, channels]. @throws TRS_CORE_POOL */
export const adaptiveMaxPool = (x: Tensor, size: number | readonly number[]): Tensor =>
  new Tensor(adaptivePool('max', x.node, size));

/** The means of parts, so many along each spatial axis: [n, ...spatial, channels] -> [n, ...size, channels]. @throws TRS_CORE_POOL */
export const adaptiveAveragePool = (x: Tensor, size: number | readonly number[]): Tensor =>
  new Tensor(adaptivePool('average', x.node, size));

/** The largest element so far, along an axis; NaN from the first one on. */
export const cumulativeMax = (x: Tensor, axis = -1): Tensor =>
  new Tensor(cumulative('maximum', x.node, axis, 'cumulativeMax'));

/** The smallest element so far, along an axis; NaN from the first one on. */
export const cumulativeMin = (x: Tensor, axis = -1): Tensor =>
  new Tensor(cumulative('minimum', x.node, axis, 'cumulativeMin'));
