import { answersToken, deploymentsToken } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { inferencePoolToken } from './inference-pool-token.ts';

/** What was asked within this time is likely to be asked again at once. */
const RECENT_MS = 15 * 60_000;
/** With many models, those that are asked most; the others open when they are asked. */
const MOST = 20;

/** Opens the models of the deployments that were asked lately, by any process: one that takes another's place answers as quickly as it did. */
export async function warmRecent(scope: Scope, signal: AbortSignal): Promise<void> {
  const deployments = await (await scope.service(deploymentsToken)).list();
  if (deployments.length === 0) return;
  const since = new Date(Date.now() - RECENT_MS).toISOString();
  const requests = new Map<string, number>();
  for (const one of await (await scope.service(answersToken)).recent(since))
    requests.set(one.deployment, (requests.get(one.deployment) ?? 0) + one.requests);
  const asked = deployments
    .filter(({ deployment }) => requests.has(deployment))
    .toSorted((a, b) => (requests.get(b.deployment) ?? 0) - (requests.get(a.deployment) ?? 0));
  const pool = await scope.service(inferencePoolToken);
  for (const { deployment, model, executor } of asked.slice(0, MOST)) {
    if (signal.aborted) return;
    // Whoever asks for one that does not open hears why; the others are opened all the same.
    await pool.warmUp(model.digest, executor).catch((cause: unknown) => {
      scope.log.debug('a model was not opened before it is asked', { deployment, cause: String(cause) });
    });
  }
}
