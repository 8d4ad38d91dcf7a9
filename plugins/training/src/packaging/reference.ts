import type { Table } from '@trestle/features';
import {
  DRIFT_LEVELS,
  DRIFT_TOP_VALUES,
  type DriftReference,
  edgeBelow,
  type Feature,
  hashedCounts,
} from '@trestle/model';

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
    features: features.flatMap(({ name, type, written }): DriftReference['features'] => {
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
      if (type !== 'boolean') return [{ ...numeric(name, column.values), ...(written ? { written } : {}) }];
      const texts = Array.from(column.values, (value) => (Number.isNaN(value) ? '' : String(value === 1)));
      return [categorical(name, texts)];
    }),
    score: numeric('score', best),
  };
}

function numeric(name: string, values: Float64Array) {
  const present = values.filter(Number.isFinite).sort();
  const [least, greatest] = [present[0], present.at(-1)];
  const edges =
    least === undefined || greatest === undefined
      ? []
      : [
          ...new Set([
            edgeBelow(least),
            ...DRIFT_LEVELS.map((level) => present[Math.ceil(level * present.length) - 1] ?? least),
            greatest,
          ]),
        ];
  const counts = new Array<number>(edges.length + 1).fill(0);
  let bin = 0;
  for (const value of present) {
    while (value > (edges[bin] ?? Number.POSITIVE_INFINITY)) bin += 1;
    counts[bin] = (counts[bin] ?? 0) + 1;
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
    hashed: hashedCounts(counts),
  };
}
