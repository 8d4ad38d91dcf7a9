import { trackingToken } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { fits, type Stored } from '@trestle/store';
import { type RetrainResult, retrainResultSchema } from './retrain-result.ts';

/** What came of the latest finished retraining of a deployment. */
export async function latestRetrain(
  scope: Scope,
  deployment: string,
): Promise<Stored<RetrainResult> | undefined> {
  const tracking = await scope.service(trackingToken);
  const [last] = await tracking.list({
    kind: 'retraining',
    experiment: deployment,
    status: 'succeeded',
    limit: 1,
  });
  return last && fits(retrainResultSchema, last.result);
}
