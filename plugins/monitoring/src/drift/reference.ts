import { token } from '@trestle/kernel';
import type { DriftReference } from '@trestle/model';

export type { DriftReference };

/** How one feature was distributed in the training part. */
export type FeatureReference = DriftReference['features'][number];

/** Dataset versions in the form of a training reference. A version never changes, so each is looked at once. */
export interface DatasetReferences {
  /** @param names the columns that are features */
  of(version: string, names: ReadonlySet<string>): Promise<DriftReference>;
}

export const datasetReferencesToken = token<DatasetReferences>('monitoring.dataset-references');
