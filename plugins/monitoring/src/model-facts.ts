import type { Task } from '@trestle/contracts';
import { token } from '@trestle/kernel';
import type { DriftReference } from './drift/reference.ts';
import type { WeighedFeature } from './incident/finding.ts';

/** What monitoring needs to know of a model version. */
export interface ModelFacts {
  readonly task: Task | undefined;
  /** In the order of the model's own outputs; empty for regression. */
  readonly classes: readonly string[];
  /** Undefined for a model that brings no training statistics (one that was made elsewhere). */
  readonly reference: DriftReference | undefined;
}

/** Reads the facts of a model version; each version once. */
export interface ModelFactsReader {
  of(model: { readonly name: string; readonly version: number }): Promise<ModelFacts>;
}

export const modelFactsToken = token<ModelFactsReader>('monitoring.model-facts');

/** How much models use their features. A version never changes, so each is looked at once. */
export interface Importances {
  /** Shares that sum to 1, the greatest first; empty where they are not known. */
  of(model: { readonly name: string; readonly version: number }): Promise<readonly WeighedFeature[]>;
}

export const importancesToken = token<Importances>('monitoring.importances');
