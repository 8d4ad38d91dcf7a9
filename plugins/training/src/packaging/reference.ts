import type { Table } from '@trestle/features';
import { DRIFT_BINS, DRIFT_TOP_VALUES, type DriftReference, edgeBelow, type Feature } from '@trestle/model';
import { quantile } from '@trestle/statistics';

/**
 * How the features were distributed in the training part, and in the held-out one the score of each row: of several classes that
 * of the one that is predicted, as monitoring takes it.
 *
 * @param scores `scoresPerRow` of each row
 */
export function driftReference(
  features: readonly Feature[],
  training: Table,
  scores: Float64Array,
  scoresPerRow: number,
): DriftReference {
  const best = Float64Array.from({ length: scores.length / scoresPerRow }, (_, row) =>
    Math.max(...scores.subarray(row * scoresPerRow, (row + 1) * scoresPerRow)),
  );
  return {
    features: features.flatMap(({ name, type }): DriftReference['features'] => {
      const column = training.columns[name];
      if (!column) return [];
      // Pixels are not compared, but what they look like, as the prediction log has it: `photo.brightness`.
      if (column.type === 'image')
        return Object.keys(column.statistics[0] ?? {}).map((statistic) =>
          numeric(
            `${name}.${statistic}`,
            Float64Array.from(column.statistics, (one) => one[statistic] ?? Number.NaN),
          ),
        );
      if (column.type === 'string') return [categorical(name, column.values)];
      if (type !== 'boolean') return [numeric(name, column.values)];
      const texts = Array.from(column.values, (value) => (Number.isNaN(value) ? '' : String(value === 1)));
      return [categorical(name, texts)];
    }),
    score: numeric('score', best),
  };
}

function numeric(name: string, values: Float64Array) {
  const present = values.filter((value) => !Number.isNaN(value)).sort();
  const tenths = Array.from({ length: DRIFT_BINS - 1 }, (_, i) => quantile(present, (i + 1) / DRIFT_BINS));
  const [least = Number.NaN] = present;
  const below = least === tenths[0] ? [edgeBelow(least)] : [];
  const edges = [...new Set([...below, ...tenths])].filter(Number.isFinite);
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const value of present) {
    const bin = edges.findIndex((edge) => value <= edge);
    const place = bin === -1 ? edges.length : bin;
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return { kind: 'numeric' as const, name, edges, counts, nulls: values.length - present.length };
}

function categorical(name: string, values: readonly string[]) {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== '') counts.set(value, (counts.get(value) ?? 0) + 1);
  const ranked = [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  return {
    kind: 'categorical' as const,
    name,
    top: ranked.slice(0, DRIFT_TOP_VALUES),
    other: ranked.slice(DRIFT_TOP_VALUES).reduce((sum, [, count]) => sum + count, 0),
    nulls: values.filter((value) => value === '').length,
  };
}
