import type { Deployment } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { newestRevision, toDeployment } from '../deployment/revisions.ts';

/** Which model answers for a deployment now. */
export interface Routing {
  current(deployment: string): Promise<Deployment>;
}

interface Known {
  /** The newest change when it was read. */
  readonly changes: number;
  readonly deployment: Promise<Deployment>;
}

/**
 * Remembers the current revision until something changes, so that a busy deployment does not ask the database for each
 * request. A change of any process is seen at once: whoever moves an alias is answered by the other model next.
 */
export async function openRouting(scope: Scope): Promise<Routing> {
  const metadata = await scope.service(metadataToken);
  const known = new Map<string, Known>();
  return {
    current(name) {
      const found = known.get(name);
      const changes = metadata.changes();
      if (found?.changes === changes) return found.deployment;
      const deployment = newestRevision(scope, name).then(toDeployment);
      known.set(name, { changes, deployment });
      deployment.catch(() => known.delete(name));
      return deployment;
    },
  };
}
