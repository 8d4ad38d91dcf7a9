import type { Row } from './check-rows.ts';
import type { Feature } from './metadata.ts';

/** Names in each answer the features of its row that were missing and never were in training: a value was put in their place. */
export function markImputed(
  features: readonly Feature[],
  rows: readonly Row[],
  predictions: readonly Readonly<Record<string, unknown>>[],
): readonly Readonly<Record<string, unknown>>[] {
  const names = features.flatMap(({ name, imputed }) => (imputed ? [name] : []));
  if (names.length === 0) return predictions;
  return predictions.map((prediction, index) => {
    const missing = names.filter((name) => (rows[index]?.[name] ?? null) === null);
    return missing.length === 0 ? prediction : { ...prediction, imputed: missing };
  });
}
