import type { ColumnSketch, Points, TableSketch } from '@trestle/contracts';
import { DRIFT_BINS, DRIFT_TOP_VALUES, edgeBelow } from '@trestle/model';
import type { DriftReference, FeatureReference } from './reference.ts';

/**
 * A dataset version in the form of a training reference: deciles of numbers, the most frequent values of everything else. Of the
 * columns that are features; points in time are not compared, as time goes on.
 */
export function datasetReference(sketch: TableSketch, features: ReadonlySet<string>): DriftReference {
  return {
    features: sketch.columns
      .filter(({ name, type }) => features.has(name) && type !== 'timestamp')
      .map((column) => (column.points ? numeric(column, column.points) : categorical(column))),
  };
}

function numeric({ name, count, nulls }: ColumnSketch, { values, below }: Points): FeatureReference {
  const total = below.at(-1) ?? 0;
  const deciles = Array.from({ length: DRIFT_BINS - 1 }, (_, k) =>
    below.findIndex((one) => one * DRIFT_BINS >= (k + 1) * total),
  );
  const places = [...new Set(deciles)].filter((place) => place >= 0);
  const [least = Number.NaN] = values;
  const under = places[0] === 0 ? [edgeBelow(least)] : [];
  const upTo = [0, ...under.map(() => 0), ...places.map((place) => below[place] ?? 0), total];
  return {
    kind: 'numeric',
    name,
    edges: [...under, ...places.map((place) => values[place] ?? 0)],
    counts: upTo.slice(1).map((one, bin) => one - (upTo[bin] ?? 0)),
    // What is no finite number is in no bin.
    nulls: nulls + count - total,
  };
}

function categorical({ name, count, nulls, values }: ColumnSketch): FeatureReference {
  // Live traffic takes an empty text for a missing value.
  const empty = values.find(([value]) => value === '')?.[1] ?? 0;
  const top = values
    .filter(([value]) => value !== '')
    .slice(0, DRIFT_TOP_VALUES)
    .map(([value, rows]): [string, number] => [value, rows]);
  const told = top.reduce((sum, [, rows]) => sum + rows, 0);
  return { kind: 'categorical', name, top, other: count - empty - told, nulls: nulls + empty };
}
