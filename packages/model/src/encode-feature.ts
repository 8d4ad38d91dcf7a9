import { murmurHash3 } from '@trestle/onnx';
import { type FeatureStep, UNKNOWN_TOKEN } from './feature-step.ts';

type Column = ArrayLike<number> | readonly string[];

type Put = (column: number, value: number) => void;

/** Puts a step's block into the design matrix [rows, width] from column `at` on, in float32 as the graph computes it. */
export function encodeFeature(
  step: FeatureStep,
  columns: Readonly<Record<string, Column>>,
  { matrix, width, rows, at }: { matrix: Float32Array; width: number; rows: number; at: number },
): void {
  const encode = encoderOf(step, columns);
  for (let row = 0; row < rows; row++) {
    encode(row, (column, value) => {
      const place = row * width + at + column;
      // The words of a text add up; everything else is put once.
      matrix[place] = (matrix[place] ?? 0) + value;
    });
  }
}

function encoderOf(
  step: FeatureStep,
  columns: Readonly<Record<string, Column>>,
): (row: number, put: Put) => void {
  const text = (name: string, row: number): string => String(columns[name]?.[row] ?? '');
  const number = (name: string, row: number, impute: number): number => {
    const value = Math.fround(Number(columns[name]?.[row] ?? Number.NaN));
    return Number.isNaN(value) ? Math.fround(impute) : value;
  };
  switch (step.kind) {
    case 'impute':
      return (row, put) => {
        put(0, number(step.column, row, step.impute));
        if (step.flag) put(1, Number(Number.isNaN(number(step.column, row, Number.NaN))));
      };
    case 'scale': {
      const [offset, scale] = [Math.fround(step.offset), Math.fround(step.scale)];
      return (row, put) => put(0, Math.fround(number(step.column, row, step.impute) - offset) * scale);
    }
    case 'buckets': {
      const edges = step.edges.map(Math.fround);
      return (row, put) => {
        const value = number(step.column, row, step.impute);
        const bucket = edges.findIndex((edge) => value <= edge);
        put(bucket === -1 ? edges.length : bucket, 1);
      };
    }
    case 'cyclic': {
      const [perPeriod, turn] = [Math.fround(1 / step.period), Math.fround(2 * Math.PI)];
      return (row, put) => {
        const turns = Math.fround(number(step.column, row, step.impute) * perPeriod);
        const angle = Math.fround(Math.fround(turns - Math.floor(turns)) * turn);
        put(0, Math.sin(angle));
        put(1, Math.cos(angle));
      };
    }
    case 'oneHot': {
      const place = placesOf(step.categories);
      return (row, put) => {
        const index = place.get(text(step.column, row));
        if (index !== undefined) put(index, 1);
      };
    }
    case 'lookup': {
      const value = new Map(step.keys.map((key, index) => [key, step.values[index] ?? step.otherwise]));
      return (row, put) => put(0, value.get(text(step.column, row)) ?? step.otherwise);
    }
    case 'hash':
      return (row, put) => {
        const hash = murmurHash3(text(step.column, row), 0);
        put(((hash % step.buckets) + step.buckets) % step.buckets, 1);
      };
    case 'cross': {
      const places = step.categories.map(placesOf);
      const column = new Map(step.pairs.map(([a, b], index) => [`${a},${b}`, index]));
      return (row, put) => {
        const pair = step.columns.map((name, side) => places[side]?.get(text(name, row)) ?? -1);
        const index = column.get(pair.join());
        if (index !== undefined) put(index, 1);
      };
    }
    case 'image': {
      // The pixels of all images, each of this size already, channel by channel.
      const pixels = columns[step.column] ?? [];
      const [area, mean, deviation] = [
        step.height * step.width,
        step.mean.map(Math.fround),
        step.deviation.map(Math.fround),
      ];
      const size = area * step.channels;
      return (row, put) => {
        for (let place = 0; place < size; place++) {
          const channel = Math.floor(place / area);
          const centred = Math.fround(Number(pixels[row * size + place]) - (mean[channel] ?? 0));
          put(place, centred / (deviation[channel] ?? 1));
        }
      };
    }
    case 'tokens': {
      const token = new Map(step.words);
      return (row, put) => {
        const words = wordsOf(text(step.column, row)).slice(0, step.length);
        for (const [place, word] of words.entries()) put(place, token.get(word) ?? UNKNOWN_TOKEN);
      };
    }
    case 'text': {
      const column = new Map(step.terms.map((term) => [term.words.join(' '), term.column]));
      const longest = Math.max(0, ...step.terms.map((term) => term.words.length));
      return (row, put) => {
        for (const run of runsOf(wordsOf(text(step.column, row)), longest)) {
          const found = column.get(run.join(' '));
          if (found !== undefined) put(found, Math.fround(step.weights[found] ?? 0));
        }
      };
    }
  }
}

const placesOf = (keys: readonly string[]): ReadonlyMap<string, number> =>
  new Map(keys.map((key, index) => [key, index]));

/** What white space divides (ASCII's, as ONNX StringSplit takes it). */
export const wordsOf = (text: string): readonly string[] =>
  text.split(/[ \t\n\v\f\r]+/).filter((word) => word !== '');

/** All runs of up to `longest` words. */
export function* runsOf(words: readonly string[], longest: number): Generator<readonly string[]> {
  for (let length = 1; length <= longest; length++)
    for (let from = 0; from + length <= words.length; from++) yield words.slice(from, from + length);
}
