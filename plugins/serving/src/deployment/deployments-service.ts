import type { Deployment, Deployments } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import type { ServingTables } from '../serving-tables.ts';
import { deploymentNames, newestRevision, toDeployment } from './revisions.ts';
import { readRollouts } from './rollout-records.ts';

/** The service through which other plugins see what is deployed. */
export const deploymentsService = (scope: Scope): Deployments => ({
  get: (name) => readDeployment(scope, name),
  async list() {
    const names = await deploymentNames(scope);
    return await Promise.all(names.map((name) => readDeployment(scope, name)));
  },
});

/** A deployment with the rollout that is under way. @throws TRS_SERVING_UNKNOWN_DEPLOYMENT */
export async function readDeployment(scope: Scope, name: string): Promise<Deployment> {
  const revision = await newestRevision(scope, name);
  const db = (await scope.service(metadataToken)).query<ServingTables>();
  const [rollout] = await readRollouts(db, { deployment: name, isActive: true });
  return toDeployment(revision, rollout);
}
