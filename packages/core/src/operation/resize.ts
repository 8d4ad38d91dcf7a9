import { CoreError } from '../core-error.ts';
import { dataNode, type Node } from '../graph/node.ts';
import { lengthOf, shapeText } from '../graph/shape.ts';
import { add, cast, mul } from './elementwise.ts';
import { gather } from './indexing.ts';

/** What lies between elements: the element before, the nearest, a line, or a cubic curve (Keys 1981, a = -0.75). */
export type InterpolationMode = 'nearest' | 'nearestExact' | 'linear' | 'cubic';

export interface InterpolationOptions {
  /** nearest when left out. */
  readonly mode?: InterpolationMode;
  /** The first and last elements stay where they are, instead of the edges of the first and last one. */
  readonly alignCorners?: boolean;
  /** How many times longer the axes are taken to be, where that is not the quotient of the lengths. */
  readonly scale?: readonly number[];
}

/** Spatial axes of [n, ...spatial, channels] made longer or shorter, one after the other. */
export function interpolate(
  given: Node,
  size: readonly number[],
  { mode = 'nearest', alignCorners = false, scale }: InterpolationOptions,
): Node {
  const spatial = given.shape.length - 2;
  const isRight =
    spatial >= 1 &&
    size.length === spatial &&
    size.every((length) => Number.isInteger(length) && length >= 1) &&
    given.shape.slice(1, -1).every((length) => length >= 1) &&
    (scale ?? size).length === spatial &&
    (scale ?? size).every((one) => one > 0);
  if (!isRight) {
    throw new CoreError(
      'INTERPOLATE',
      `interpolate: the size ${shapeText(size)} does not fit the spatial axes of ${shapeText(given.shape)}.`,
      'There is one length from 1 on for each axis between the first and the last, and none of those is empty.',
    );
  }
  return size.reduce(
    (x, length, index) => {
      const axis = index + 1;
      const before = lengthOf(x.shape, axis);
      if (length === before && (scale?.[index] ?? 1) === 1) return x;
      const step = 1 / (scale?.[index] ?? length / before);
      const source = (at: number): number => {
        if (mode === 'nearest') return at * step;
        if (alignCorners && mode !== 'nearestExact')
          return length === 1 ? 0 : (at * (before - 1)) / (length - 1);
        return (at + 0.5) * step - (mode === 'nearestExact' ? 0 : 0.5);
      };
      return alongAxis(x, axis, length, before, mode, source);
    },
    cast(given, 'float32'),
  );
}

/** Each element as the weighted sum of those around the place that it comes from. */
function alongAxis(
  x: Node,
  axis: number,
  length: number,
  before: number,
  mode: InterpolationMode,
  source: (at: number) => number,
): Node {
  const isNearest = mode === 'nearest' || mode === 'nearestExact';
  const offsets = isNearest ? [0] : mode === 'linear' ? [0, 1] : [-1, 0, 1, 2];
  const places = Array.from({ length }, (_, at) => {
    const place = source(at);
    return mode === 'linear' ? Math.max(0, place) : place;
  });
  const terms = offsets.map((offset) => {
    const indices = Int32Array.from(places, (place) =>
      Math.min(before - 1, Math.max(0, Math.floor(place) + offset)),
    );
    const taken = gather(x, dataNode(x.device.upload(indices), [length], x.device), axis);
    if (isNearest) return taken;
    const weights = Float32Array.from(places, (place) => weightOf(mode, place - Math.floor(place) - offset));
    const line = x.shape.map((_, at) => (at === axis ? length : 1));
    return mul(taken, dataNode(x.device.upload(weights), line, x.device));
  });
  return terms.reduce((sum, term) => add(sum, term));
}

/** The weight of an element at a distance. */
function weightOf(mode: InterpolationMode, distance: number): number {
  const size = Math.abs(distance);
  if (mode === 'linear') return Math.max(0, 1 - size);
  const a = -0.75;
  if (size <= 1) return ((a + 2) * size - (a + 3)) * size * size + 1;
  return size < 2 ? ((a * size - 5 * a) * size + 8 * a) * size - 4 * a : 0;
}
