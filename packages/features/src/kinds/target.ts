import { z } from 'zod';
import { featureKind } from '../feature-kind.ts';
import { stringsOf } from '../table.ts';
import { type LookupStep, lookup } from './lookup.ts';

/**
 * The mean of the target per category, drawn towards the overall mean as if `smoothing` rows more had that (Micci-Barreca 2001);
 * for several classes one column for each of them.
 */
export const target = featureKind({
  kind: 'target',
  spec: z.strictObject({
    kind: z.literal('target'),
    column: z.string().optional(),
    smoothing: z.number().min(0).default(50),
  }),
  sources: (name, spec) => [spec.column ?? name],
  learn: (name, spec, { table, targets, classes }): readonly LookupStep[] => {
    const column = spec.column ?? name;
    const values = stringsOf(table, column, name);
    const several = classes.length > 2 ? classes.map((label, index) => ({ label, index })) : [undefined];
    return several.map((one) => {
      const scores = one === undefined ? targets : targets.map((value) => Number(value === one.index));
      return {
        kind: 'target',
        name: one === undefined ? name : `${name} of ${one.label}`,
        column,
        ...means(values, scores, spec.smoothing),
      };
    });
  },
  ...lookup,
});

function means(values: readonly string[], scores: Float64Array, smoothing: number) {
  const sums = new Map<string, { sum: number; count: number }>();
  let total = 0;
  for (const [row, value] of values.entries()) {
    const score = scores[row] ?? Number.NaN;
    const before = sums.get(value) ?? { sum: 0, count: 0 };
    sums.set(value, { sum: before.sum + score, count: before.count + 1 });
    total += score / values.length;
  }
  return {
    keys: [...sums.keys()],
    values: [...sums.values()].map(({ sum, count }) => (sum + smoothing * total) / (count + smoothing)),
    otherwise: total,
  };
}
