export { builtInKinds } from './built-in.ts';
export { designCategories, designColumns, designPart, encodeDesign } from './design.ts';
export {
  type ColumnEncoding,
  type DeclaredFeature,
  type FeatureColumns,
  type FeatureKind,
  type FeatureKindParts,
  type FeatureStep,
  featureKind,
  featureKinds,
  type LearnFrom,
  type LearntFeature,
  type Put,
  unsuited,
} from './feature-kind.ts';
export { buckets } from './kinds/buckets.ts';
export { category } from './kinds/category.ts';
export { cross } from './kinds/cross.ts';
export { date } from './kinds/date.ts';
export { frequency } from './kinds/frequency.ts';
export { hash } from './kinds/hash.ts';
export { image, imageSpecSchema } from './kinds/image.ts';
export { impute } from './kinds/impute.ts';
export { numbers } from './kinds/numbers.ts';
export { oneHot } from './kinds/one-hot.ts';
export { ordinal } from './kinds/ordinal.ts';
export { place } from './kinds/place.ts';
export { scale } from './kinds/scale.ts';
export { target } from './kinds/target.ts';
export { text } from './kinds/text.ts';
export { tokens } from './kinds/tokens.ts';
export { values } from './kinds/values.ts';
export { plainFeatures, readRecipe, type UsualColumns, usualFeatures } from './recipe.ts';
export {
  columnOf,
  type ImageColumn,
  presentNumbers,
  stringsOf,
  type Table,
  type TableColumn,
} from './table.ts';
