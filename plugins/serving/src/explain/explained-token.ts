import type { Deployment } from '@trestle/contracts';
import { token } from '@trestle/kernel';
import type { Feature, Row } from '@trestle/model';

/** What a model takes, and which rows are usual. */
export interface Explained {
  readonly features: readonly Feature[];
  readonly background: readonly Row[];
}

/** Looks once at each model that is explained. */
export const explainedToken = token<(deployment: Deployment) => Promise<Explained>>('serving.explained');
