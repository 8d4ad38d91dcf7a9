import type { Task } from '@trestle/contracts';
import { token } from '@trestle/kernel';
import type { DriftReference } from './drift/reference.ts';

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
