import { countOf } from '@trestle/model';
import { binNumber, numberOf } from '../drift/bin-values.ts';
import type { DriftReference, FeatureReference } from '../drift/reference.ts';

/** The name under which the model's own score stands among the features. */
export const SCORE = 'prediction';
/** Values that no reference knows, of which so many are told. */
const EXAMPLES = 5;

/** What the values of one feature were, of some rows: counts, which add up exactly whatever is merged with what. */
export interface FeatureCounts {
  /** Of numbers the bins of the reference; of categories its named values, other known ones, and those that it does not know. */
  readonly bins: number[];
  /** Null, empty or not sent. */
  nulls: number;
  /** Of another type than the reference's: a text where a number belongs. */
  wrong: number;
  readonly examples: string[];
}

/** Sorts the values of one feature. */
export interface FeatureCounter {
  readonly name: string;
  readonly kind: FeatureReference['kind'];
  readonly bins: number;
  add(counts: FeatureCounts, value: unknown): void;
}

export const noCounts = (bins: number): FeatureCounts => ({
  bins: new Array<number>(bins).fill(0),
  nulls: 0,
  wrong: 0,
  examples: [],
});

/** @param reference of the features, and of the score where it has one; else probabilities are counted in hundredths */
export function countersOf(reference: DriftReference, hasProbabilities: boolean): readonly FeatureCounter[] {
  const score: FeatureReference | undefined =
    reference.score ??
    (hasProbabilities
      ? {
          kind: 'numeric',
          name: SCORE,
          edges: Array.from({ length: 99 }, (_, k) => (k + 1) / 100),
          counts: new Array<number>(100).fill(1),
          nulls: 0,
        }
      : undefined);
  return [...reference.features, ...(score ? [{ ...score, name: SCORE }] : [])].map((feature) =>
    feature.kind === 'numeric' ? numericCounter(feature) : categoricalCounter(feature),
  );
}

function numericCounter(reference: Extract<FeatureReference, { kind: 'numeric' }>): FeatureCounter {
  return {
    name: reference.name,
    kind: 'numeric',
    bins: reference.edges.length + 1,
    add(counts, value) {
      if (isMissing(value)) {
        counts.nulls += 1;
        return;
      }
      const number = numberOf(value, reference.written);
      if (Number.isNaN(number)) {
        // NaN itself is a missing number; a word is a broken feed.
        if (typeof value === 'number') counts.nulls += 1;
        else wrong(counts, value);
        return;
      }
      const bin = binNumber(reference.edges, number);
      counts.bins[bin] = (counts.bins[bin] ?? 0) + 1;
    },
  };
}

function categoricalCounter(reference: Extract<FeatureReference, { kind: 'categorical' }>): FeatureCounter {
  const places = new Map(reference.top.map(([value], place) => [value, place]));
  const known = reference.hashed && countOf(reference.hashed);
  const other = reference.top.length;
  return {
    name: reference.name,
    kind: 'categorical',
    bins: other + 2,
    add(counts, value) {
      if (isMissing(value)) {
        counts.nulls += 1;
        return;
      }
      if (typeof value === 'object') {
        wrong(counts, value);
        return;
      }
      const text = String(value);
      const place = places.get(text);
      // Where not all values of the reference were counted, nothing can be said to be unseen.
      const isUnseen = place === undefined && (known ? known(text) === 0 : reference.other === 0);
      const bin = place ?? (isUnseen ? other + 1 : other);
      counts.bins[bin] = (counts.bins[bin] ?? 0) + 1;
      if (isUnseen && counts.examples.length < EXAMPLES && !counts.examples.includes(text.slice(0, 100)))
        counts.examples.push(text.slice(0, 100));
    },
  };
}

const isMissing = (value: unknown): boolean => value === null || value === undefined || value === '';

function wrong(counts: FeatureCounts, value: unknown): void {
  counts.wrong += 1;
  const text = String(value).slice(0, 100);
  if (counts.examples.length < EXAMPLES && !counts.examples.includes(text)) counts.examples.push(text);
}

/** Adds `from` to `into`. */
export function addCounts(into: FeatureCounts, from: FeatureCounts): void {
  for (const [bin, count] of from.bins.entries()) into.bins[bin] = (into.bins[bin] ?? 0) + count;
  into.nulls += from.nulls;
  into.wrong += from.wrong;
  for (const text of from.examples)
    if (into.examples.length < EXAMPLES && !into.examples.includes(text)) into.examples.push(text);
}
