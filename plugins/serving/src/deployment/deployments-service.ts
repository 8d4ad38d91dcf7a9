import type { Deployments } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { deploymentNames, newestRevision, toDeployment } from './revisions.ts';

/** The service through which other plugins see what is deployed. */
export const deploymentsService = (scope: Scope): Deployments => ({
  get: async (name) => toDeployment(await newestRevision(scope, name)),
  async list() {
    const names = await deploymentNames(scope);
    return await Promise.all(names.map(async (name) => toDeployment(await newestRevision(scope, name))));
  },
});
