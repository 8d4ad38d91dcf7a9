import { z } from 'zod';
import { featureKind } from '../feature-kind.ts';
import { stringsOf } from '../table.ts';
import { type LookupStep, lookup } from './lookup.ts';

/** The place of a category in an order, as given or by code units; -1 for others. */
export const ordinal = featureKind({
  kind: 'ordinal',
  spec: z.strictObject({
    kind: z.literal('ordinal'),
    column: z.string().optional(),
    order: z.array(z.string()).min(1).optional(),
  }),
  sources: (name, spec) => [spec.column ?? name],
  learn: (name, spec, { table }): readonly LookupStep[] => {
    const column = spec.column ?? name;
    const found = stringsOf(table, column, name);
    const keys = spec.order ?? [...new Set(found)].sort();
    return [{ kind: 'ordinal', name, column, keys, values: keys.map((_, place) => place), otherwise: -1 }];
  },
  ...lookup,
});
