import { z } from 'zod';
import { ranked } from '../categorical.ts';
import { featureKind } from '../feature-kind.ts';
import { meanAndDeviation } from '../numeric.ts';
import { stringsOf } from '../table.ts';
import { type LookupStep, lookup } from './lookup.ts';

/**
 * How frequent a category was among the training rows, as the logarithm of its rows, with mean 0 and standard deviation 1: a number
 * for columns of many values, which says nothing of the target and so learns none of it by heart.
 */
export const frequency = featureKind({
  kind: 'frequency',
  spec: z.strictObject({ kind: z.literal('frequency'), column: z.string().optional() }),
  sources: (name, spec) => [spec.column ?? name],
  learn: (name, spec, { table }): readonly LookupStep[] => {
    const column = spec.column ?? name;
    const rows = stringsOf(table, column, name);
    const counts = ranked(rows);
    const logarithm = new Map(counts.map(([value, count]) => [value, Math.log(count)]));
    const { mean, deviation } = meanAndDeviation(Float64Array.from(rows, (row) => logarithm.get(row) ?? 0));
    const scale = (value: number): number => (value - mean) / (deviation || 1);
    return [
      {
        kind: 'frequency',
        name,
        column,
        keys: counts.map(([value]) => value),
        values: counts.map(([, count]) => scale(Math.log(count))),
        // As a value that came once: one that never came is rarer still.
        otherwise: scale(0),
      },
    ];
  },
  ...lookup,
  describe: ({ column }) => [{ column, encoding: 'how frequent its value is' }],
});
