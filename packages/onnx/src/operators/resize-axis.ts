import { checkSize } from '../tensor/tensor.ts';
/** How a place of the output stands in the input: ONNX's names. */
export type Coordinates =
  | 'half_pixel'
  | 'half_pixel_symmetric'
  | 'pytorch_half_pixel'
  | 'asymmetric'
  | 'align_corners'
  | 'tf_half_pixel_for_nn'
  | 'tf_crop_and_resize';

/** One axis of a Resize. */
export interface AxisResize {
  readonly input: number;
  readonly output: number;
  /** Output per input; not output / input where a factor was given. */
  readonly scale: number;
  readonly coordinates: Coordinates;
  readonly start: number;
  readonly end: number;
}

export interface Interpolation {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  readonly nearest: 'round_prefer_floor' | 'round_prefer_ceil' | 'floor' | 'ceil';
  readonly cubic: number;
  readonly excludesOutside: boolean;
  readonly antialias: boolean;
}

/** Of which elements of an axis each output is the sum, and by which weights; [output, taps]. */
export interface Taps {
  readonly count: number;
  readonly places: Int32Array;
  readonly weights: Float64Array;
  /** Whether the place lies outside the input; only cropping asks. */
  readonly isOutside: Uint8Array;
}

function placeOf(index: number, { input, output, scale, coordinates, start, end }: AxisResize): number {
  const wide = input * scale;
  switch (coordinates) {
    case 'asymmetric':
      return index / scale;
    case 'align_corners':
      return wide === 1 ? 0 : (index * (input - 1)) / (wide - 1);
    case 'pytorch_half_pixel':
      return output === 1 ? 0 : (index + 0.5) / scale - 0.5;
    case 'tf_half_pixel_for_nn':
      return (index + 0.5) / scale;
    case 'half_pixel_symmetric':
      return (input / 2) * (1 - output / wide) + (index + 0.5) / scale - 0.5;
    case 'tf_crop_and_resize':
      return output > 1
        ? start * (input - 1) + (index * (end - start) * (input - 1)) / (output - 1)
        : 0.5 * (start + end) * (input - 1);
    case 'half_pixel':
      return (index + 0.5) / scale - 0.5;
  }
}

function nearestTo(place: number, mode: Interpolation['nearest']): number {
  if (mode === 'floor') return Math.floor(place);
  if (mode === 'ceil') return Math.ceil(place);
  return mode === 'round_prefer_ceil' ? Math.floor(place + 0.5) : Math.ceil(place - 0.5);
}

/** Robert Keys, "Cubic convolution interpolation for digital image processing", 1981, equation 4. */
export function cubicWeight(distance: number, a: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

/** What lies outside counts as the element at the edge, or not at all. */
export function tapsOf(axis: AxisResize, how: Interpolation): Taps {
  const { input, output, scale } = axis;
  const stretch = how.antialias && scale < 1 ? scale : 1;
  const reach = how.mode === 'cubic' ? 2 : 1;
  const first = Math.floor(-reach / stretch) + 1;
  const count = how.mode === 'nearest' ? 1 : 2 - 2 * first;
  const size = checkSize([output, count], 'float64');
  const places = new Int32Array(size);
  const weights = new Float64Array(size);
  const isOutside = new Uint8Array(output);
  const inside = (at: number): number => Math.min(Math.max(at, 0), input - 1);
  for (let index = 0; index < output; index++) {
    const place = placeOf(index, axis);
    isOutside[index] = place < 0 || place > input - 1 ? 1 : 0;
    if (how.mode === 'nearest') {
      places[index] = inside(nearestTo(place, how.nearest));
      weights[index] = 1;
      continue;
    }
    const floor = Math.floor(place);
    const ratio = place - floor;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const at = floor + first + tap;
      const distance = (first + tap - ratio) * stretch;
      const weight =
        how.mode === 'cubic' ? cubicWeight(distance, how.cubic) : Math.max(0, 1 - Math.abs(distance));
      const own = how.excludesOutside && (at < 0 || at >= input) ? 0 : weight;
      places[index * count + tap] = inside(at);
      weights[index * count + tap] = own;
      sum += own;
    }
    for (let tap = 0; tap < count; tap++)
      weights[index * count + tap] = (weights[index * count + tap] ?? 0) / sum;
  }
  return { count, places, weights, isOutside };
}
