/** How a numeric feature was distributed in the training part. */
export interface NumericReference {
  readonly kind: 'numeric';
  readonly name: string;
  /** Ascending inner edges: bin 0 is everything up to `edges[0]`, the last bin everything above the last edge. */
  readonly edges: readonly number[];
  /** One more than edges. */
  readonly counts: readonly number[];
  readonly nulls: number;
}

/** How a categorical (or boolean) feature was distributed in the training part. */
export interface CategoricalReference {
  readonly kind: 'categorical';
  readonly name: string;
  /** The most frequent values with their counts. */
  readonly top: readonly (readonly [value: string, count: number])[];
  /** Rows with any other value. */
  readonly other: number;
  readonly nulls: number;
}

export type FeatureReference = NumericReference | CategoricalReference;

/** What live traffic is compared with: the training part of the deployed model. */
export interface DriftReference {
  readonly features: readonly FeatureReference[];
  /** The model's own scores on the held-out part. */
  readonly score: NumericReference | undefined;
}
