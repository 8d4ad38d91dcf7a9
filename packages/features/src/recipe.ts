import type { FeatureRecipe } from '@trestle/contracts';
import { didYouMean } from '@trestle/kernel';
import { type DeclaredFeature, type FeatureKind, unsuited } from './feature-kind.ts';
import { category } from './kinds/category.ts';
import { numbers } from './kinds/numbers.ts';
import { place } from './kinds/place.ts';
import { values } from './kinds/values.ts';

/** Reads a recipe by the kinds that there are. @throws TRS_TRAIN_FEATURE naming the feature and what is wrong with it */
export function readRecipe(recipe: FeatureRecipe, kinds: readonly FeatureKind[]): readonly DeclaredFeature[] {
  const byName = new Map(kinds.map((kind) => [kind.kind, kind]));
  return Object.entries(recipe).map(([name, spec]) => {
    const kind = byName.get(spec.kind);
    if (kind) return kind.declare(name, spec);
    const names = [...byName.keys()];
    throw unsuited(
      name,
      `there is no kind "${spec.kind}" of features.${didYouMean(spec.kind, names)} The kinds are ${names.join(', ')}`,
    );
  });
}

/** Tables with more columns have enough to choose from without thresholds of each number. */
const MAX_COLUMNS_WITH_THRESHOLDS = 500;

/** How columns are encoded when nothing else is said: the numbers of all of them together, then each string column. */
export function usualFeatures(columns: {
  readonly numbers: readonly string[];
  readonly strings: readonly string[];
}): readonly DeclaredFeature[] {
  const { numbers: numeric, strings } = columns;
  const thresholds = numeric.length + strings.length <= MAX_COLUMNS_WITH_THRESHOLDS;
  return [
    ...(numeric.length > 0
      ? [numbers.declare('numbers', { kind: 'numbers', columns: numeric, thresholds })]
      : []),
    ...strings.map((name) => category.declare(name, { kind: 'category' })),
  ];
}

/** The same columns for an estimator that asks which of two values is greater: unscaled, and categories as their places. */
export function plainFeatures(columns: {
  readonly numbers: readonly string[];
  readonly strings: readonly string[];
}): readonly DeclaredFeature[] {
  const { numbers: numeric, strings } = columns;
  return [
    ...(numeric.length > 0 ? [values.declare('values', { kind: 'values', columns: numeric })] : []),
    ...strings.map((name) => place.declare(name, { kind: 'place' })),
  ];
}
