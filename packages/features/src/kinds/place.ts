import { z } from 'zod';
import { frequent } from '../categorical.ts';
import { featureKind } from '../feature-kind.ts';
import { stringsOf } from '../table.ts';
import { type LookupStep, lookup } from './lookup.ts';

/** A category needs this many rows for a place of its own, fewer in a small table. */
const MIN_ROWS = 5;
const MIN_SHARE = 0.05;
/** With one for all others, as many as a byte tells apart beside a missing one. */
const MAX_CATEGORIES = 253;

/**
 * The place of a category among the frequent ones, and one more for all others: for estimators that split sets of categories. No
 * recipe takes it, as to others the order would mean something.
 */
export const place = featureKind({
  kind: 'place',
  spec: z.strictObject({ kind: z.literal('place'), column: z.string().optional() }),
  sources: (name, spec) => [spec.column ?? name],
  learn: (name, spec, { table }): readonly LookupStep[] => {
    const column = spec.column ?? name;
    const found = stringsOf(table, column, name);
    const minRows = Math.min(MIN_ROWS, found.length * MIN_SHARE);
    const keys = frequent(found, { minRows, max: MAX_CATEGORIES });
    // Where none was missing in training, a missing one is taken as the most frequent one, the first.
    const missing = found.includes('') ? [] : [''];
    return [
      {
        kind: 'place',
        name,
        column,
        keys: [...keys, ...missing],
        values: [...keys.map((_, index) => index), ...missing.map(() => 0)],
        otherwise: keys.length,
      },
    ];
  },
  ...lookup,
  categories: ({ otherwise }) => [otherwise + 1],
  describe: ({ column, otherwise }) => [
    { column, encoding: `category: in sets of ${otherwise}, all others as one more` },
  ],
});
