import type { LineageSource } from '@trestle/contracts';

/** Predictions are too many for the lineage table: their edges are read from the log. */
export const predictionSource: LineageSource = {
  refKind: 'prediction',
  load: () => import('./prediction-edges.ts').then((module) => module.edgesIntoPrediction),
};
