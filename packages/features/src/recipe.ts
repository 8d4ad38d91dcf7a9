import type { FeatureRecipe } from '@trestle/contracts';
import { didYouMean } from '@trestle/kernel';
import { type DeclaredFeature, type FeatureKind, unsuited } from './feature-kind.ts';
import { category } from './kinds/category.ts';
import { date } from './kinds/date.ts';
import { frequency } from './kinds/frequency.ts';
import { numbers } from './kinds/numbers.ts';
import { place } from './kinds/place.ts';
import { text } from './kinds/text.ts';
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

/** Columns by what they hold, as it decides how they are encoded when nothing else is said. */
export interface UsualColumns {
  readonly numbers: readonly string[];
  /** Of few values. */
  readonly strings: readonly string[];
  /** Of many values that come again. */
  readonly many?: readonly string[];
  /** Of words. */
  readonly texts?: readonly string[];
  /** Times, with the periods that the data is long and fine enough for. */
  readonly dates?: readonly { readonly name: string; readonly parts: readonly string[] }[];
}

/** Words of a text that are kept, and how rare they may be. */
const WORDS = { minRows: 5, max: 200 };

/** How columns are encoded when nothing else is said: the numbers of all of them together, then each other column. */
export function usualFeatures({
  numbers: numeric,
  strings,
  many = [],
  ...others
}: UsualColumns): readonly DeclaredFeature[] {
  const thresholds = numeric.length + strings.length + many.length <= MAX_COLUMNS_WITH_THRESHOLDS;
  return [
    ...(numeric.length > 0
      ? [numbers.declare('numbers', { kind: 'numbers', columns: numeric, thresholds })]
      : []),
    ...[...strings, ...many].map((name) => category.declare(name, { kind: 'category' })),
    ...many.map((name) => frequency.declare(`frequency of ${name}`, { kind: 'frequency', column: name })),
    ...otherFeatures(others),
  ];
}

/** The same columns for an estimator that asks which of two values is greater: unscaled, and categories as their places. */
export function plainFeatures({
  numbers: numeric,
  strings,
  many = [],
  ...others
}: UsualColumns): readonly DeclaredFeature[] {
  return [
    ...(numeric.length > 0 ? [values.declare('values', { kind: 'values', columns: numeric })] : []),
    ...[...strings, ...many].map((name) => place.declare(name, { kind: 'place' })),
    ...otherFeatures(others),
  ];
}

const otherFeatures = ({
  texts = [],
  dates = [],
}: Pick<UsualColumns, 'texts' | 'dates'>): readonly DeclaredFeature[] => [
  ...dates.map(({ name, parts }) => date.declare(name, { kind: 'date', parts })),
  ...texts.map((name) => text.declare(name, { kind: 'text', ...WORDS })),
];
