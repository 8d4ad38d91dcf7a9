import { meanWeight, NUMERIC_PARTS, numericWeights } from '@trestle/statistics';
import { ROWS, type WorldName, worldOf } from './worlds.ts';

/** Rows of the reference, and its bins. */
const REFERENCE_ROWS = 2_000;
const BINS = 100;

/** A change that is put on top of a world's values. */
export interface Change {
  readonly name: string;
  /** What becomes of a feature's value, so many blocks after the change. */
  readonly of: (value: number, feature: number, since: number, normal: () => number) => number;
}

/** Blocks of one world as counts over the bins of a reference, drawn as they are asked for. */
export function blocksOf(
  name: WorldName,
  features: number,
  segments: number,
  seed: number,
  change?: Change,
  at = 0,
) {
  const world = worldOf(name, features, seed);
  const reference = Array.from({ length: features }, () => new Float64Array(REFERENCE_ROWS));
  for (let row = 0; row < REFERENCE_ROWS; row++) {
    world.next();
    for (let k = 0; k < features; k++) (reference[k] ?? [])[row] = world.values[k] ?? 0;
  }
  const edges = reference.map((values) => {
    const sorted = values.toSorted();
    const inner = Array.from(
      { length: BINS - 1 },
      (_, k) => sorted[Math.floor(((k + 1) * REFERENCE_ROWS) / BINS)] ?? 0,
    );
    return Float64Array.from([(sorted[0] ?? 0) - 1e-9, ...inner, sorted.at(-1) ?? 0]);
  });
  const counted = (values: ArrayLike<number>, k: number, counts: Float64Array): void => {
    const of = edges[k] ?? new Float64Array();
    for (let row = 0; row < values.length; row++) {
      let [low, high] = [0, of.length];
      const value = values[row] ?? 0;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((of[middle] ?? 0) < value) low = middle + 1;
        else high = middle;
      }
      counts[low] = (counts[low] ?? 0) + 1;
    }
  };
  const referenceCounts = reference.map((values, k) => {
    const counts = new Float64Array(BINS + 2);
    counted(values, k, counts);
    return counts;
  });
  const weights = referenceCounts.map((counts) => numericWeights([...counts]));
  const parts = NUMERIC_PARTS.length;
  const rows = Array.from({ length: features }, () => new Float64Array(ROWS));
  let block = 0;
  return {
    streams: features * segments * parts,
    referenceCounts,
    /** The parts of each feature and segment, and of each feature its counts and the mean of its values (first segment). */
    next() {
      const values = new Float64Array(features * segments * parts);
      const means = new Float64Array(features);
      const counts: Float64Array[] = [];
      for (let segment = 0; segment < segments; segment++) {
        for (let row = 0; row < ROWS; row++) {
          world.next();
          for (let k = 0; k < features; k++) {
            const value = world.values[k] ?? 0;
            (rows[k] ?? [])[row] =
              change && block >= at ? change.of(value, k, block - at, world.normal) : value;
          }
        }
        for (let k = 0; k < features; k++) {
          const bins = new Float64Array(BINS + 2);
          counted(rows[k] ?? [], k, bins);
          for (let part = 0; part < parts; part++)
            values[(segment * features + k) * parts + part] = meanWeight(weights[k]?.[part] ?? [], bins);
          if (segment === 0) {
            means[k] = (rows[k] ?? new Float64Array()).reduce((sum, value) => sum + value, 0) / ROWS;
            counts.push(bins);
          }
        }
      }
      block += 1;
      return { values, means, counts };
    },
  };
}
