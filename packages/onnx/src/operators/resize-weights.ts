/** Of which values, from `start` on, an output value is the mean, and by which weights. */
export interface Blend {
  readonly start: number;
  readonly weights: readonly number[];
}

/** How a place of the output stands in the input: the first two are of pixel centres, ONNX's names. */
export type Coordinates = 'half_pixel' | 'pytorch_half_pixel' | 'asymmetric' | 'align_corners';

export interface ResizeOptions {
  readonly coordinates: Coordinates;
  /** What becomes smaller is the mean of everything that a place covers, not of the two nearest values. */
  readonly antialias: boolean;
}

/** Linear interpolation along one axis, as ONNX Resize defines it: the blend of each output value. */
export function resizeBlends(
  input: number,
  output: number,
  { coordinates, antialias }: ResizeOptions,
): readonly Blend[] {
  const step = input / output;
  const covers = antialias ? Math.max(1, step) : 1;
  return Array.from({ length: output }, (_, index) => {
    const at = placeOf(index, step, input, output, coordinates);
    if (covers === 1) {
      const place = Math.min(Math.max(at, 0), input - 1);
      const start = Math.min(Math.floor(place), Math.max(0, input - 2));
      const part = place - start;
      return { start, weights: input === 1 ? [1] : [1 - part, part] };
    }
    // A triangle as wide as what the place covers; what lies outside is as the value at the edge.
    const centre = at + 0.5;
    const first = Math.floor(centre - covers + 0.5);
    const end = Math.floor(centre + covers + 0.5);
    const raw = Array.from({ length: end - first }, (_, offset) =>
      Math.max(0, 1 - Math.abs(first + offset + 0.5 - centre) / covers),
    );
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    const start = Math.min(Math.max(first, 0), input - 1);
    const weights = new Array<number>(Math.min(end, input) - start).fill(0);
    for (const [offset, weight] of raw.entries()) {
      const place = Math.min(Math.max(first + offset, 0), input - 1) - start;
      weights[place] = (weights[place] ?? 0) + weight / total;
    }
    return { start, weights };
  });
}

function placeOf(
  index: number,
  step: number,
  input: number,
  output: number,
  coordinates: Coordinates,
): number {
  if (coordinates === 'asymmetric') return index * step;
  if (coordinates === 'align_corners') return output === 1 ? 0 : (index * (input - 1)) / (output - 1);
  if (coordinates === 'pytorch_half_pixel' && output === 1) return 0;
  return (index + 0.5) * step - 0.5;
}
