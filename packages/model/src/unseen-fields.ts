import type { Row } from './check-rows.ts';
import { countOf } from './drift-bins.ts';
import type { DriftReference, Feature } from './metadata.ts';

/** Where more of the values than this share came once, the column is of texts that are all different, and new ones say nothing. */
const MOSTLY_DIFFERENT = 0.5;

/**
 * Finds the categories of a row that the model's training part did not have: it takes them for others that it knows, or for none.
 * Of columns whose every value the package tells of.
 *
 * @returns names of fields; none of almost every row
 */
export function unseenFields(
  features: readonly Feature[],
  reference: DriftReference | undefined,
): (row: Row) => readonly string[] {
  const categories = new Set(features.flatMap(({ name, type }) => (type === 'category' ? [name] : [])));
  const known = (reference?.features ?? []).flatMap((one) => {
    if (one.kind !== 'categorical' || !categories.has(one.name)) return [];
    const { hashed } = one;
    if (!hashed || hashed.shift > 0 || hashed.hashes.length === 0) return [];
    const values = hashed.counts.reduce((sum, count) => sum + count, 0);
    return hashed.hashes.length > MOSTLY_DIFFERENT * values
      ? []
      : [{ name: one.name, countIn: countOf(hashed) }];
  });
  return (row) =>
    known.flatMap(({ name, countIn }) => {
      const value = row[name];
      return typeof value === 'string' && value !== '' && countIn(value) === 0 ? [name] : [];
    });
}
