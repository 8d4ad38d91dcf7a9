import { defineEvent } from '@trestle/kernel/spec';
import { z } from 'zod';

const revision = z.object({
  deployment: z.string(),
  revision: z.number().int(),
  model: z.string(),
  version: z.number().int(),
  /** The alias that the deployment follows. */
  follows: z.string().nullable(),
  /** Where its graph runs, where the deployment says so. */
  executor: z.string().optional(),
});
export const deploymentDeployed = defineEvent('deployment.deployed', revision);
export const deploymentFollowed = defineEvent('deployment.followed', revision);
export const deploymentRolledBack = defineEvent('deployment.rolled-back', revision);

/** How a revision came about, by its kind. */
export const deploymentEvents = {
  deployed: deploymentDeployed,
  followed: deploymentFollowed,
  'rolled-back': deploymentRolledBack,
} as const;
