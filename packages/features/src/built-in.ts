import type { FeatureKind } from './feature-kind.ts';
import { buckets } from './kinds/buckets.ts';
import { category } from './kinds/category.ts';
import { cross } from './kinds/cross.ts';
import { date } from './kinds/date.ts';
import { frequency } from './kinds/frequency.ts';
import { hash } from './kinds/hash.ts';
import { image } from './kinds/image.ts';
import { impute } from './kinds/impute.ts';
import { numbers } from './kinds/numbers.ts';
import { oneHot } from './kinds/one-hot.ts';
import { ordinal } from './kinds/ordinal.ts';
import { scale } from './kinds/scale.ts';
import { target } from './kinds/target.ts';
import { text } from './kinds/text.ts';
import { tokens } from './kinds/tokens.ts';

/** The kinds that are always there. */
export const builtInKinds: readonly FeatureKind[] = [
  numbers,
  category,
  impute,
  scale,
  buckets,
  date,
  oneHot,
  ordinal,
  target,
  frequency,
  hash,
  cross,
  text,
  tokens,
  image,
];
