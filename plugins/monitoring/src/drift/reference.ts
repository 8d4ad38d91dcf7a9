import type { DriftReference } from '@trestle/model';

export type { DriftReference };

/** How one feature was distributed in the training part. */
export type FeatureReference = DriftReference['features'][number];
