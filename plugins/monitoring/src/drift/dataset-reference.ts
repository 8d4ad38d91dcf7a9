import {
  type ColumnSketch,
  type Datasets,
  datasetsToken,
  type Points,
  type TableSketch,
} from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { DRIFT_LEVELS, DRIFT_TOP_VALUES, edgeBelow, hashCounter, hashedCounts } from '@trestle/model';
import type { DatasetReferences, DriftReference, FeatureReference } from './reference.ts';

/**
 * A dataset version in the form of a training reference: cuts of numbers, the counts of everything else. Of the columns that are
 * features; points in time are not compared, as time goes on. Where the sketch does not have all values of a column, its counts
 * are left out.
 */
export function datasetReference(sketch: TableSketch, features: ReadonlySet<string>): DriftReference {
  return {
    features: sketch.columns
      .filter(({ name, type }) => features.has(name) && type !== 'timestamp')
      .map((column) => (column.points ? numeric(column, column.points) : categorical(column))),
  };
}

function numeric(column: ColumnSketch, { values, below }: Points): FeatureReference {
  const { name, count, nulls } = column;
  const total = below.at(-1) ?? 0;
  const cuts = DRIFT_LEVELS.map((level) => below.findIndex((one) => one >= level * total));
  const places = [...new Set([...cuts, values.length - 1])].filter((place) => place >= 0);
  const under = values.slice(0, 1).map(edgeBelow);
  const upTo = [0, ...under.map(() => 0), ...places.map((place) => below[place] ?? 0), total];
  return {
    kind: 'numeric',
    name,
    edges: [...under, ...places.map((place) => values[place] ?? 0)],
    counts: upTo.slice(1).map((one, bin) => one - (upTo[bin] ?? 0)),
    // What is no finite number is in no bin.
    nulls: nulls + count - total,
    ...approximate(column),
  };
}

function categorical(column: ColumnSketch): FeatureReference {
  const { name, count, nulls, values, untold } = column;
  // Live traffic takes an empty text for a missing value.
  const empty = values.find(([value]) => value === '')?.[1] ?? 0;
  const counted = values
    .filter(([value]) => value !== '')
    .map(([value, rows]): [string, number] => [value, rows]);
  const top = counted.slice(0, DRIFT_TOP_VALUES);
  const told = top.reduce((sum, [, rows]) => sum + rows, 0);
  const isWhole = untold === 0 && counted.reduce((sum, [, rows]) => sum + rows, empty) === count;
  return {
    kind: 'categorical',
    name,
    top,
    other: count - empty - told,
    nulls: nulls + empty,
    ...(isWhole ? { hashed: hashedCounts(counted) } : {}),
    ...approximate(column),
  };
}

const approximate = ({ estimated = [] }: ColumnSketch): { readonly approximate?: true } =>
  estimated.includes('frequencies') ? { approximate: true } : {};

/** A reference with the counts of all values also where the sketch has the most frequent ones alone: those columns are read. */
async function withCounts(
  datasets: Datasets,
  version: string,
  reference: DriftReference,
): Promise<DriftReference> {
  const counters = new Map(
    reference.features.flatMap((feature) =>
      feature.kind === 'categorical' && !feature.hashed ? [[feature.name, hashCounter()] as const] : [],
    ),
  );
  if (counters.size === 0) return reference;
  for await (const batch of datasets.read(version, { columns: [...counters.keys()] })) {
    for (const [name, counter] of counters) {
      for (const value of batch.columns[name]?.values ?? [])
        if (value !== null && value !== '') counter.add(String(value));
    }
  }
  return {
    ...reference,
    features: reference.features.map((feature) => {
      const counter = counters.get(feature.name);
      return counter && feature.kind === 'categorical' ? { ...feature, hashed: counter.counts() } : feature;
    }),
  };
}

/** References that are kept: a check of each deployment asks for one again every minute. */
const KEPT = 16;

export function datasetReferences(scope: Scope): DatasetReferences {
  const known = new Map<string, Promise<DriftReference>>();
  const read = async (version: string, names: ReadonlySet<string>): Promise<DriftReference> => {
    const datasets = await scope.service(datasetsToken);
    return await withCounts(datasets, version, datasetReference(await datasets.sketch(version), names));
  };
  return {
    of(version, names) {
      const key = JSON.stringify([version, ...[...names].sort()]);
      const reference = known.get(key) ?? read(version, names);
      known.delete(key);
      known.set(key, reference);
      reference.catch(() => known.delete(key));
      const [oldest] = known.keys();
      if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
      return reference;
    },
  };
}
