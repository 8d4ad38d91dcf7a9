import type { FeatureRecipe } from '@trestle/contracts';
import {
  type CategoryStep,
  columnsOf,
  type Feature,
  type FeatureStep,
  isImageText,
  type NumberStep,
  type Preprocessing,
} from '@trestle/model';
import type { ImageColumn, TableColumn } from '../table/table.ts';
import { trainError } from '../train-error.ts';
import { type LearntFrom, learnFeatures } from './learn-features.ts';
import { quantile } from './quantile.ts';

/** A category needs this many rows for a column of its own. */
const MIN_CATEGORY_ROWS = 12;
const MAX_CATEGORIES = 80;
const THRESHOLD_QUANTILES = [0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9];
const MIN_DISTINCT_FOR_THRESHOLDS = 12;
/** With more columns there is enough to choose from without seven more of each. */
const MAX_COLUMNS_WITH_THRESHOLDS = 500;
/** A text column with nearly as many values as rows names its rows; nothing is learnt from a name. */
const IDENTIFIER_SHARE = 0.9;

export interface Learnt {
  readonly preprocessing: Preprocessing;
  readonly features: readonly Feature[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

/** Learns the preprocessing from the training part alone. @throws TRS_TRAIN_NO_FEATURES */
export function learnPreprocessing(
  from: LearntFrom,
  candidates: readonly string[],
  recipe: FeatureRecipe = {},
): Learnt {
  const { table } = from;
  const declared = learnFeatures(recipe, from);
  const sources = new Set(declared.flatMap(columnsOf));
  const numbers: NumberStep[] = [];
  const categories: CategoryStep[] = [];
  const features: Feature[] = [];
  const notes: string[] = [];
  for (const name of candidates) {
    const column = table.columns[name];
    if (!column || column.type === 'image' || sources.has(name)) continue;
    const reason = reasonToLeaveOut(column, table.rows);
    if (reason) {
      notes.push(`"${name}" is left out: ${reason}.`);
    } else if (column.type === 'string') {
      categories.push(learnCategory(name, column.values));
      features.push(featureOf(name, column));
    } else {
      const isPlain = column.type === 'boolean' || candidates.length > MAX_COLUMNS_WITH_THRESHOLDS;
      numbers.push(learnNumber(name, column.values, isPlain));
      features.push(featureOf(name, column));
    }
  }
  for (const name of sources) {
    const column = table.columns[name];
    if (column?.type === 'image') features.push(imageFeature(name, declared));
    else if (column) features.push(featureOf(name, column));
  }
  if (features.length === 0) {
    throw trainError('NO_FEATURES', {
      kind: 'invalid',
      message: 'No column is left to learn from.',
      hint: notes.length > 0 ? notes.join(' ') : 'Exclude fewer columns.',
    });
  }
  return { preprocessing: { numbers, categories, features: declared }, features, notes };
}

function imageFeature(name: string, declared: readonly FeatureStep[]): Feature {
  const step = declared.find((one) => one.kind === 'image' && one.column === name);
  const image =
    step?.kind === 'image' ? { height: step.height, width: step.width, channels: step.channels } : undefined;
  return { name, type: 'image', nullable: false, image };
}

const featureOf = (name: string, column: Exclude<TableColumn, ImageColumn>): Feature =>
  column.type === 'string'
    ? { name, type: 'category', nullable: column.values.includes('') }
    : { name, type: column.type, nullable: column.values.some(Number.isNaN) };

function reasonToLeaveOut(column: Exclude<TableColumn, ImageColumn>, rows: number): string | undefined {
  if (column.type === 'string') {
    const distinct = new Set(column.values).size;
    if (distinct === 1) return 'it is always the same';
    if (isImageText(column.values.find((value) => value !== '') ?? ''))
      return 'it holds images, which --features makes features of: {"image": {"kind": "image", "size": [28, 28]}}';
    return distinct > 50 && distinct > rows * IDENTIFIER_SHARE
      ? 'it differs in nearly every row, like an identifier'
      : undefined;
  }
  const present = column.values.filter((value) => !Number.isNaN(value));
  if (present.length === 0) return 'it has no values';
  const isConstant = present.every((value) => value === present[0]) && present.length === rows;
  return isConstant ? 'it is always the same' : undefined;
}

function learnNumber(name: string, values: Float64Array, isPlain: boolean): NumberStep {
  const present = values.filter((value) => !Number.isNaN(value)).sort();
  const impute = quantile(present, 0.5);
  let mean = 0;
  for (const value of values) mean += (Number.isNaN(value) ? impute : value) / values.length;
  let variance = 0;
  for (const value of values)
    variance += ((Number.isNaN(value) ? impute : value) - mean) ** 2 / values.length;
  const distinct = new Set(present).size;
  const thresholds =
    isPlain || distinct < MIN_DISTINCT_FOR_THRESHOLDS
      ? []
      : [...new Set(THRESHOLD_QUANTILES.map((q) => Math.fround(quantile(present, q))))];
  const deviation = Math.sqrt(variance);
  return { kind: 'number', name, impute, mean, scale: deviation > 0 ? 1 / deviation : 1, thresholds };
}

function learnCategory(name: string, values: readonly string[]): CategoryStep {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const categories = [...counts]
    .filter(([, count]) => count >= Math.min(MIN_CATEGORY_ROWS, values.length / 10))
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, MAX_CATEGORIES)
    .map(([value]) => value);
  return { kind: 'category', name, categories };
}
