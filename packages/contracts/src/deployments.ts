import { token } from '@trestle/kernel/spec';
import { z } from 'zod';
import { rolloutVerdictSchema } from './rollouts.ts';

/** A rollout of a deployment, as it stands. */
export const rolloutSchema = z.object({
  /** Counts the rollouts of a deployment, from 1. */
  rollout: z.number().int(),
  /** The revision by which answers of the challenger are told. */
  revision: z.number().int(),
  strategy: z.string(),
  options: z.record(z.string(), z.unknown()),
  /** `superseded`: the deployment changed under it. */
  state: z.enum(['running', 'paused', 'promoted', 'aborted', 'rolled-back', 'superseded']),
  /** The version that is to serve. */
  challenger: z.object({ name: z.string(), version: z.number().int(), digest: z.string() }),
  /** Counts from 0. */
  step: z.number().int(),
  /** Of the requests, how many the challenger answers; how many it is asked besides: from 0 to 1. */
  share: z.number(),
  mirrored: z.number(),
  verdict: rolloutVerdictSchema.omit({ memory: true }),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
});
export type Rollout = z.infer<typeof rolloutSchema>;

export const deploymentSchema = z.object({
  deployment: z.string(),
  /** Counts up with every change. */
  revision: z.number().int(),
  model: z.object({ name: z.string(), version: z.number().int(), digest: z.string() }),
  /** The alias that the deployment follows: moving the alias makes a new revision. */
  follows: z.string().optional(),
  /** Where its graph runs, where the deployment says so. */
  executor: z.string().optional(),
  /** How traffic moves to another version just now, or moved to this one. */
  strategy: z.string(),
  traffic: z.array(z.object({ model: z.string(), version: z.number().int(), percent: z.number() })),
  /** The rollout that is under way. */
  rollout: rolloutSchema.optional(),
  createdAt: z.string(),
});
export type Deployment = z.infer<typeof deploymentSchema>;

/** What is deployed. Provided by the serving plugin. */
export interface Deployments {
  list(): Promise<readonly Deployment[]>;
  /** The current revision. @throws TRS_SERVING_UNKNOWN_DEPLOYMENT */
  get(name: string): Promise<Deployment>;
}

export const deploymentsToken = token<Deployments>('serving.deployments');
