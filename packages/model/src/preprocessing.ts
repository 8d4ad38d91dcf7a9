import { encodeFeature } from './encode-feature.ts';
import { type FeatureStep, featureColumns } from './feature-step.ts';

/** A number (also a boolean as 0/1, and a timestamp in milliseconds) with what was learnt of it from the training part. */
export interface NumberStep {
  readonly kind: 'number';
  readonly name: string;
  /** Stands for a missing value. */
  readonly impute: number;
  readonly mean: number;
  /** 1 / standard deviation. */
  readonly scale: number;
  /** One column each says whether the value is above the threshold; ascending. */
  readonly thresholds: readonly number[];
}

/** A text with the values that have a column of their own; rare and unseen ones share one more. '' stands for missing. */
export interface CategoryStep {
  readonly kind: 'category';
  readonly name: string;
  readonly categories: readonly string[];
}

/** What is done to a row before the estimator sees it: learnt once, frozen, and carried by the model as graph nodes. */
export interface Preprocessing {
  readonly numbers: readonly NumberStep[];
  readonly categories: readonly CategoryStep[];
  /** Declared features, behind the columns of the others. */
  readonly features?: readonly FeatureStep[];
}

/**
 * The columns of the design matrix, in order: scaled numbers, whether each was missing, thresholds, one column per category
 * and one for all others.
 */
export function designColumns({ numbers, categories, features = [] }: Preprocessing): readonly string[] {
  return [
    ...numbers.map((step) => step.name),
    ...numbers.map((step) => `${step.name} is missing`),
    ...numbers.flatMap((step) => step.thresholds.map((threshold) => `${step.name} > ${threshold}`)),
    ...categories.flatMap((step) => [
      ...step.categories.map((category) => `${step.name} = ${category === '' ? '(missing)' : category}`),
      `${step.name} is another`,
    ]),
    ...features.flatMap(featureColumns),
  ];
}

/** Columns as a training reads them: missing numbers are NaN, missing texts ''. */
export type FeatureColumns = Readonly<Record<string, ArrayLike<number> | readonly string[]>>;

/**
 * The design matrix [rows, columns] in row-major order, computed in float32 step by step exactly as the graph does, so that
 * what was trained on is what is served.
 */
export function encodeColumns(
  preprocessing: Preprocessing,
  columns: FeatureColumns,
  rows: number,
): Float32Array {
  const { numbers, categories } = preprocessing;
  const width = designColumns(preprocessing).length;
  const matrix = new Float32Array(rows * width);
  let thresholdsAt = 2 * numbers.length;
  for (const [index, step] of numbers.entries()) {
    const values = columns[step.name] ?? [];
    const [impute, mean, scale] = [Math.fround(step.impute), Math.fround(step.mean), Math.fround(step.scale)];
    const thresholds = step.thresholds.map(Math.fround);
    for (let row = 0; row < rows; row++) {
      const raw = Math.fround(Number(values[row] ?? Number.NaN));
      const isMissing = Number.isNaN(raw);
      const value = isMissing ? impute : raw;
      const at = row * width;
      matrix[at + index] = Math.fround(value - mean) * scale;
      matrix[at + numbers.length + index] = isMissing ? 1 : 0;
      for (const [t, threshold] of thresholds.entries())
        matrix[at + thresholdsAt + t] = value > threshold ? 1 : 0;
    }
    thresholdsAt += thresholds.length;
  }
  let at = thresholdsAt;
  for (const step of categories) {
    const values = columns[step.name] ?? [];
    const place = new Map(step.categories.map((category, index) => [category, index]));
    for (let row = 0; row < rows; row++) {
      const index = place.get(String(values[row] ?? '')) ?? step.categories.length;
      matrix[row * width + at + index] = 1;
    }
    at += step.categories.length + 1;
  }
  for (const step of preprocessing.features ?? []) {
    encodeFeature(step, columns, { matrix, width, rows, at });
    at += featureColumns(step).length;
  }
  return matrix;
}
