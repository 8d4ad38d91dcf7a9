import { murmurHash3 } from '@trestle/onnx';
import type { DriftReference } from './metadata.ts';

/** How many of the most frequent texts a drift reference names. */
export const DRIFT_TOP_VALUES = 20;

/**
 * Where a drift reference cuts a column of numbers, as shares of its values: hundredths, finer at both ends, where few values mean
 * much. The least and the greatest value are edges too, so that what lies beyond all that was known has bins of its own.
 */
export const DRIFT_LEVELS: readonly number[] = [
  0.001,
  0.005,
  ...Array.from({ length: 99 }, (_, place) => (place + 1) / 100),
  0.995,
  0.999,
];

/**
 * The edge of a further bin, for what is less than every known number. Where many of these are the least, it would else be
 * counted as one of them: a picture that is smaller than any was.
 */
export const edgeBelow = (least: number): number => least - 1e-6 * Math.max(1, Math.abs(least));

/** Values of which each has a count of its own; of a column with more, so many are chosen by their hashes. */
const MAX_HASHES = 2_048;
/** Into how many bins the values go that are not chosen. */
const REST_BINS = 64;

/** The counts of all values of a column, by hash. */
export type HashedCounts = NonNullable<
  Extract<DriftReference['features'][number], { kind: 'categorical' }>['hashed']
>;

/** Counts values as they come. */
export interface HashCounter {
  add(value: string, count?: number): void;
  counts(): HashedCounts;
}

/**
 * Counts values by their hashes in bounded space. Where there are too many, the values that keep a count of their own are chosen
 * by the hash, never by how often they came: what is frequent in a sample is so partly by luck, and would seem to become rarer
 * in every other one (distinct sampling, P. B. Gibbons, VLDB 2001).
 */
export function hashCounter(): HashCounter {
  let shift = 0;
  let kept = new Map<number, number>();
  const rest = new Array<number>(REST_BINS).fill(0);
  const toRest = (hash: number, count: number): void => {
    rest[restBin(hash)] = (rest[restBin(hash)] ?? 0) + count;
  };
  return {
    add(value, count = 1) {
      const hash = hashOf(value);
      if (isChosen(hash, shift)) kept.set(hash, (kept.get(hash) ?? 0) + count);
      else toRest(hash, count);
      while (kept.size > MAX_HASHES) {
        shift += 1;
        const staying = new Map<number, number>();
        for (const [one, times] of kept) {
          if (isChosen(one, shift)) staying.set(one, times);
          else toRest(one, times);
        }
        kept = staying;
      }
    },
    counts() {
      const sorted = [...kept].sort(([a], [b]) => a - b);
      return {
        shift,
        hashes: sorted.map(([hash]) => hash),
        counts: sorted.map(([, count]) => count),
        rest: shift === 0 ? [] : [...rest],
      };
    },
  };
}

/** The counts of values that are counted already. */
export function hashedCounts(counts: Iterable<readonly [value: string, count: number]>): HashedCounts {
  const counter = hashCounter();
  for (const [value, count] of counts) counter.add(value, count);
  return counter.counts();
}

/**
 * Two samples of texts over the same cells, none of which was chosen by how often it came: each chosen value has one, also where
 * only the other sample has it, and the bins of the rest.
 */
export function alignCounts(
  reference: HashedCounts,
  current: Iterable<readonly [value: string, count: number]>,
): { readonly reference: number[]; readonly current: number[] } {
  const place = new Map(reference.hashes.map((hash, index) => [hash, index]));
  const before = [...reference.counts];
  const now = new Array<number>(before.length).fill(0);
  const rest = new Array<number>(reference.rest.length).fill(0);
  for (const [value, count] of current) {
    const hash = hashOf(value);
    if (!isChosen(hash, reference.shift)) {
      rest[restBin(hash)] = (rest[restBin(hash)] ?? 0) + count;
      continue;
    }
    const at = place.get(hash) ?? before.length;
    if (at === before.length) {
      place.set(hash, at);
      before.push(0);
      now.push(0);
    }
    now[at] = (now[at] ?? 0) + count;
  }
  return { reference: [...before, ...reference.rest], current: [...now, ...rest] };
}

/** How often a value came, if it is among those with a count of their own. */
export function countOf({ shift, hashes, counts }: HashedCounts): (value: string) => number | undefined {
  const byHash = new Map(hashes.map((hash, index) => [hash, counts[index] ?? 0]));
  return (value) => {
    const hash = hashOf(value);
    return isChosen(hash, shift) ? (byHash.get(hash) ?? 0) : undefined;
  };
}

const hashOf = (value: string): number => murmurHash3(value, 0) >>> 0;
const isChosen = (hash: number, shift: number): boolean => hash % 2 ** shift === 0;
/** By other bits than those that choose. */
const restBin = (hash: number): number => (hash >>> 24) % REST_BINS;
