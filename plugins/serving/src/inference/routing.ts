import type { Deployment } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { currentRevision } from '../deployment/change-deployment.ts';
import { toDeployment } from '../deployment/revisions.ts';

/** Which model answers for a deployment now. */
export interface Routing {
  current(deployment: string): Promise<Deployment>;
}

/** How late a change that another process made may be noticed. */
const MAX_AGE_MS = 100;

interface Known {
  readonly at: number;
  /** The changes that this process had made by then. */
  readonly changes: number;
  readonly deployment: Promise<Deployment>;
}

/**
 * Remembers the current revision for a moment, so that a busy deployment does not ask the database for each request. A
 * change that this process makes is seen at once: whoever moves an alias here is answered by the other model next.
 */
export async function openRouting(scope: Scope): Promise<Routing> {
  const metadata = await scope.service(metadataToken);
  const known = new Map<string, Known>();
  return {
    current(name) {
      const found = known.get(name);
      const changes = metadata.changes();
      if (found?.changes === changes && performance.now() - found.at < MAX_AGE_MS) return found.deployment;
      const deployment = currentRevision(scope, name).then(toDeployment);
      known.set(name, { at: performance.now(), changes, deployment });
      deployment.catch(() => known.delete(name));
      return deployment;
    },
  };
}
