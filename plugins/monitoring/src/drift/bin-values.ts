import { alignCounts, countOf, DRIFT_TOP_VALUES, hashedCounts, readWritten } from '@trestle/model';
import { sumOf } from '@trestle/statistics';
import type { FeatureReference } from './reference.ts';

/** Counts of one sample over the bins of a reference, and of its missing values. */
export interface Binned {
  readonly counts: number[];
  readonly nulls: number;
}

/** Two samples over the same bins. */
export interface Pair {
  readonly before: Binned;
  readonly now: Binned;
}

export interface Compared {
  /** Few bins, with what each is: what a person sees, and how large a change is measured on. */
  readonly shown: Pair & { readonly labels: readonly string[] };
  /** What is tested: the finest bins that neither sample chose by its luck. */
  readonly tested: Pair;
  /** Of numbers: the rare values at both ends, and all others between. */
  readonly tails?: Pair;
}

type NumericReference = Extract<FeatureReference, { kind: 'numeric' }>;
type CategoricalReference = Extract<FeatureReference, { kind: 'categorical' }>;

/** Sorts values, as they came over the wire, and those of the reference into bins that both share. */
export function compareValues(reference: FeatureReference, values: Iterable<unknown>): Compared {
  return reference.kind === 'numeric' ? compareNumbers(reference, values) : compareTexts(reference, values);
}

/** The reference's own counts, in the same layout as `binValues` gives. */
export const referenceCounts = (reference: FeatureReference): Binned =>
  reference.kind === 'numeric'
    ? { counts: reference.counts, nulls: reference.nulls }
    : { counts: [...reference.top.map(([, count]) => count), reference.other], nulls: reference.nulls };

/** Sorts values as they came over the wire into the reference's bins. */
export function binValues(reference: FeatureReference, values: Iterable<unknown>): Binned {
  if (reference.kind === 'numeric') return binNumbers(reference, values);
  const { counts, nulls } = countTexts(values);
  const named = reference.top.map(([value]) => counts.get(value) ?? 0);
  return { counts: [...named, sumOf([...counts.values()]) - sumOf(named)], nulls };
}

/** Shares of the reference up to which the bins go that are shown: tenths, and hundredths at both ends. */
const SHOWN_SHARES = [0, 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 1];
/** Those of the rare values at both ends. */
const TAIL_SHARES = [0, 0.01, 0.05, 0.95, 0.99, 1];

function compareNumbers(reference: NumericReference, values: Iterable<unknown>): Compared {
  const tested = { before: referenceCounts(reference), now: binNumbers(reference, values) };
  const shown = placesAt(reference, SHOWN_SHARES);
  return {
    tested,
    shown: {
      ...merged(tested, shown),
      labels: rangeLabels(shown.map((place) => reference.edges[place] ?? Number.NaN)),
    },
    tails: merged(tested, placesAt(reference, TAIL_SHARES)),
  };
}

/** The places of the edges up to which at least those shares of the reference lie. */
function placesAt({ counts, edges }: NumericReference, shares: readonly number[]): readonly number[] {
  const total = sumOf(counts);
  let soFar = 0;
  const upTo = edges.map((_, place) => {
    soFar += counts[place] ?? 0;
    return soFar;
  });
  const places = shares.map((share) => upTo.findIndex((count) => count >= share * total));
  // Nothing was below the first edge of a package of before, which then is no edge of its own.
  return [...new Set(places)].filter((place) => place >= 0);
}

/** Bins between fewer edges. */
function merged({ before, now }: Pair, places: readonly number[]): Pair {
  const add = ({ counts, nulls }: Binned): Binned => {
    const sums = new Array<number>(places.length + 1).fill(0);
    let bin = 0;
    for (const [place, count] of counts.entries()) {
      while (place > (places[bin] ?? Number.POSITIVE_INFINITY)) bin += 1;
      sums[bin] = (sums[bin] ?? 0) + count;
    }
    return { counts: sums, nulls };
  };
  return { before: add(before), now: add(now) };
}

function rangeLabels(edges: readonly number[]): string[] {
  const texts = edges.map((value) => String(Number(value.toPrecision(4))));
  if (texts.length === 0) return ['all'];
  return [
    `≤ ${texts[0]}`,
    ...texts.slice(1).map((edge, k) => `${texts[k]} – ${edge}`),
    `> ${texts[texts.length - 1]}`,
  ];
}

function binNumbers({ edges, written }: NumericReference, values: Iterable<unknown>): Binned {
  const counts = new Array<number>(edges.length + 1).fill(0);
  let nulls = 0;
  for (const value of values) {
    const number = numberOf(value, written);
    if (Number.isNaN(number)) {
      nulls += 1;
      continue;
    }
    const bin = binNumber(edges, number);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { counts, nulls };
}

/** The first bin whose upper edge is not below the number. */
export function binNumber(edges: readonly number[], number: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? Number.POSITIVE_INFINITY) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function numberOf(value: unknown, written: NumericReference['written']): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string' || value.trim() === '') return Number.NaN;
  const said = written === undefined ? undefined : readWritten(written, value);
  if (said !== undefined) return said;
  const number = Number(value);
  return Number.isNaN(number) ? Date.parse(value) : number;
}

function countTexts(values: Iterable<unknown>): {
  readonly counts: ReadonlyMap<string, number>;
  readonly nulls: number;
} {
  const counts = new Map<string, number>();
  let nulls = 0;
  for (const value of values) {
    if (value === null || value === undefined || value === '') nulls += 1;
    else counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  }
  return { counts, nulls };
}

function compareTexts(reference: CategoricalReference, values: Iterable<unknown>): Compared {
  const { counts, nulls } = countTexts(values);
  const known = withoutLuck(reference);
  const cells = known.hashed
    ? alignCounts(known.hashed, counts)
    : { reference: referenceCounts(known).counts, current: namedCounts(known, counts) };
  return {
    tested: {
      before: { counts: cells.reference, nulls: reference.nulls },
      now: { counts: cells.current, nulls },
    },
    shown: shownTexts(known, counts, nulls),
  };
}

function namedCounts({ top }: CategoricalReference, counts: ReadonlyMap<string, number>): number[] {
  const named = top.map(([value]) => counts.get(value) ?? 0);
  return [...named, sumOf([...counts.values()]) - sumOf(named)];
}

/** By so many standard deviations a count must be above the least one that is named, so that it is named by no luck. */
const CLEARLY = 4;

/**
 * Where all values were counted, nothing is left to luck. A package of before has its most frequent ones alone: of those the ones
 * that would have been among them in any other sample too.
 */
function withoutLuck(reference: CategoricalReference): CategoricalReference {
  const { top, other } = reference;
  if (reference.hashed) return reference;
  if (other === 0) return { ...reference, hashed: hashedCounts(top) };
  const least = top.at(-1)?.[1] ?? 0;
  const clear = top.filter(([, count]) => count - CLEARLY * Math.sqrt(count + least) > least);
  const dropped = top.slice(clear.length).reduce((sum, [, count]) => sum + count, 0);
  return { ...reference, top: clear, other: other + dropped };
}

/** The values that are the most frequent in both samples together, so that none of them is among them by one's luck alone. */
function shownTexts(
  reference: CategoricalReference,
  now: ReadonlyMap<string, number>,
  nulls: number,
): Compared['shown'] {
  const { top, other, hashed } = reference;
  const named = new Map(top);
  const counted = hashed && countOf(hashed);
  const [beforeTotal, nowTotal] = [sumOf(top.map(([, count]) => count)) + other, sumOf([...now.values()])];
  const names = counted ? [...new Set([...named.keys(), ...now.keys()])] : [...named.keys()];
  const ranked = names
    .flatMap((value) => {
      const before = named.get(value) ?? counted?.(value);
      const after = now.get(value) ?? 0;
      return before === undefined
        ? []
        : [{ value, before, after, share: before / (beforeTotal || 1) + after / (nowTotal || 1) }];
    })
    .sort((a, b) => b.share - a.share || (a.value < b.value ? -1 : 1))
    .slice(0, DRIFT_TOP_VALUES);
  const [before, after] = [ranked.map((one) => one.before), ranked.map((one) => one.after)];
  return {
    labels: [...ranked.map(({ value }) => value), '(other)'],
    before: { counts: [...before, beforeTotal - sumOf(before)], nulls: reference.nulls },
    now: { counts: [...after, nowTotal - sumOf(after)], nulls },
  };
}
