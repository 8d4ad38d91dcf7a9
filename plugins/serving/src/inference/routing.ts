import type { Deployment } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { currentRevision } from '../deployment/change-deployment.ts';
import { toDeployment } from '../deployment/revisions.ts';

/** Which model answers for a deployment now. */
export interface Routing {
  current(deployment: string): Promise<Deployment>;
}

/** How late a change that another process made may be noticed. */
const MAX_AGE_MS = 100;

/** Remembers the current revision for a moment, so that a busy deployment does not ask the database for each request. */
export function openRouting(scope: Scope): Routing {
  const known = new Map<string, { readonly at: number; readonly deployment: Promise<Deployment> }>();
  return {
    current(name) {
      const found = known.get(name);
      if (found && performance.now() - found.at < MAX_AGE_MS) return found.deployment;
      const deployment = currentRevision(scope, name).then(toDeployment);
      known.set(name, { at: performance.now(), deployment });
      deployment.catch(() => known.delete(name));
      return deployment;
    },
  };
}
