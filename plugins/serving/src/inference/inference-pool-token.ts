import { token } from '@trestle/kernel';
import type { InferencePool } from './inference-pool.ts';

/** Apart from the pool itself, so that naming it does not load the thread pool. */
export const inferencePoolToken = token<InferencePool>('serving.inference-pool');
