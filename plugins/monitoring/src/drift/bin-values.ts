import type { FeatureReference } from './reference.ts';

/** Counts of one sample over the bins of a reference, and of its missing values. */
export interface Binned {
  readonly counts: number[];
  readonly nulls: number;
}

/** The reference's own counts, in the same layout as `binValues` gives. */
export const referenceCounts = (reference: FeatureReference): Binned =>
  reference.kind === 'numeric'
    ? { counts: reference.counts, nulls: reference.nulls }
    : { counts: [...reference.top.map(([, count]) => count), reference.other], nulls: reference.nulls };

/** What each bin is, for a person. */
export function binLabels(reference: FeatureReference): string[] {
  if (reference.kind === 'categorical') return [...reference.top.map(([value]) => value), '(other)'];
  const edges = reference.edges.map(shortNumber);
  if (edges.length === 0) return ['all'];
  return [
    `≤ ${edges[0]}`,
    ...edges.slice(1).map((edge, k) => `${edges[k]} – ${edge}`),
    `> ${edges[edges.length - 1]}`,
  ];
}

const shortNumber = (value: number): string => String(Number(value.toPrecision(4)));

/** Sorts values as they came over the wire into the reference's bins. */
export function binValues(reference: FeatureReference, values: Iterable<unknown>): Binned {
  return reference.kind === 'numeric'
    ? binNumbers(reference.edges, values)
    : binCategories(reference, values);
}

function binNumbers(edges: readonly number[], values: Iterable<unknown>): Binned {
  const counts = new Array<number>(edges.length + 1).fill(0);
  let nulls = 0;
  for (const value of values) {
    const number = asNumber(value);
    if (Number.isNaN(number)) {
      nulls += 1;
      continue;
    }
    const bin = binOf(edges, number);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { counts, nulls };
}

/** The first bin whose upper edge is not below the number. */
function binOf(edges: readonly number[], number: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? Number.POSITIVE_INFINITY) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

function asNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string' || value.trim() === '') return Number.NaN;
  const number = Number(value);
  return Number.isNaN(number) ? Date.parse(value) : number;
}

function binCategories(
  reference: FeatureReference & { kind: 'categorical' },
  values: Iterable<unknown>,
): Binned {
  const place = new Map(reference.top.map(([value], index) => [value, index]));
  const counts = new Array<number>(reference.top.length + 1).fill(0);
  let nulls = 0;
  for (const value of values) {
    if (value === null || value === undefined || value === '') {
      nulls += 1;
      continue;
    }
    const bin = place.get(String(value)) ?? reference.top.length;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { counts, nulls };
}
