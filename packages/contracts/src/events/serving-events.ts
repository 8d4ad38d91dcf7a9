import { defineEvent } from '@trestle/kernel/spec';
import { z } from 'zod';
import { measureSchema } from '../rollouts.ts';

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
/** A rollout ended well: its challenger serves. */
export const deploymentPromoted = defineEvent('deployment.promoted', revision);
/** A version is to serve, and has a revision by which its answers are told; it does not serve yet. */
export const deploymentChallenged = defineEvent('deployment.challenged', revision);

/** How a revision came about, by its kind. */
export const deploymentEvents = {
  deployed: deploymentDeployed,
  followed: deploymentFollowed,
  'rolled-back': deploymentRolledBack,
  promoted: deploymentPromoted,
  challenger: deploymentChallenged,
} as const;

const rolloutChange = z.object({
  deployment: z.string(),
  rollout: z.number().int(),
  strategy: z.string(),
  challenger: z.object({ name: z.string(), version: z.number().int() }),
  step: z.number().int(),
  /** Of all requests, how many the challenger answers from now on, and of the others how many it is asked besides. */
  share: z.number(),
  mirrored: z.number(),
  /** Why, and on which numbers. */
  reasons: z.array(z.string()),
  measures: z.array(measureSchema),
});
export const rolloutStarted = defineEvent('deployment.rollout-started', rolloutChange);
export const rolloutAdvanced = defineEvent('deployment.rollout-advanced', rolloutChange);
export const rolloutPaused = defineEvent('deployment.rollout-paused', rolloutChange);
export const rolloutResumed = defineEvent('deployment.rollout-resumed', rolloutChange);
export const rolloutPromoted = defineEvent('deployment.rollout-promoted', rolloutChange);
export const rolloutRolledBack = defineEvent('deployment.rollout-rolled-back', rolloutChange);
export const rolloutAborted = defineEvent('deployment.rollout-aborted', rolloutChange);
/** The deployment changed under it. */
export const rolloutSuperseded = defineEvent('deployment.rollout-superseded', rolloutChange);

/** What became of a rollout, by what was done. */
export const rolloutEvents = {
  started: rolloutStarted,
  advanced: rolloutAdvanced,
  paused: rolloutPaused,
  resumed: rolloutResumed,
  promoted: rolloutPromoted,
  'rolled-back': rolloutRolledBack,
  aborted: rolloutAborted,
  superseded: rolloutSuperseded,
} as const;
