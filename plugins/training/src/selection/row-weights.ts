import type { TrainingSpec } from '@trestle/contracts';
import { balancedWeights } from '../table/class-weights.ts';

/** How much each row counts; undefined where all do alike. */
export const weightsOf = (
  { classWeight }: Pick<TrainingSpec, 'classWeight'>,
  targets: Float64Array,
): Float64Array | undefined => (classWeight === 'balanced' ? balancedWeights(targets) : undefined);
