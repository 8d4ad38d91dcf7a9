import { token } from '@trestle/kernel';
import type { InferencePools } from './pools.ts';

/** Apart from the pool itself, so that naming it does not load the thread pool. */
export const inferencePoolToken = token<InferencePools>('serving.inference-pool');
