import { token } from '@trestle/kernel/spec';
import { z } from 'zod';

export const deploymentSchema = z.object({
  deployment: z.string(),
  /** Counts up with every change. */
  revision: z.number().int(),
  model: z.object({ name: z.string(), version: z.number().int(), digest: z.string() }),
  /** The alias that the deployment follows: moving the alias makes a new revision. */
  follows: z.string().optional(),
  strategy: z.enum(['immediate', 'canary', 'shadow', 'blue-green']),
  traffic: z.array(z.object({ model: z.string(), version: z.number().int(), percent: z.number() })),
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
