import type { Context } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { listAlerts } from './alert/alert-records.ts';
import { deliverDue } from './alert/deliver-due.ts';
import { pruneDeliveries } from './alert/deliveries.ts';
import { checkDeployment, checkFeed } from './check/check-deployment.ts';
import { latestCheck, seenBy } from './check/check-records.ts';
import { watchedReference } from './drift/watched-reference.ts';
import { pruneLog } from './log/prune-log.ts';
import { compactRollups, rollUp } from './rollup/roll-up.ts';
import { monitoringConfig } from './rules/monitoring-config.ts';
import { allWatched } from './watched.ts';

/**
 * Checks each deployment whose last check is old enough, if it had traffic or labels since or an alert is open. Of the others it is asked whether
 * rows should have come.
 */
export async function checkDue(ctx: Context): Promise<void> {
  const { checkEvery } = ctx.config(monitoringConfig);
  const metadata = await ctx.service(metadataToken);
  for (const deployment of await allWatched(ctx)) {
    ctx.signal.throwIfAborted();
    const name = deployment.deployment;
    const last = await latestCheck(metadata, name);
    if (last && Date.now() - Date.parse(last.time) < checkEvery) continue;
    const seen = await seenBy(metadata, name);
    const hasNews = seen.rows !== (last?.seenRows ?? 0) || seen.labels !== (last?.seenLabels ?? 0);
    const hasAlert = (await listAlerts(metadata, { deployment: name, isOpen: true, limit: 1 })).length > 0;
    try {
      if (hasNews || hasAlert) await checkDeployment(ctx, deployment);
      else await checkFeed(ctx, deployment);
    } catch (cause) {
      // One deployment that cannot be checked must not keep the others from it.
      ctx.log.warn('a deployment could not be checked', { deployment: name, cause: String(cause) });
    }
  }
}

/** Tells channels what they have not been told yet. */
export const deliver = async (ctx: Context): Promise<void> => await deliverDue(ctx);

/** Who was told, or could not be, is shown for so long. */
const KEEP_DELIVERIES_MS = 30 * 24 * 3_600_000;

/** Deletes predictions beyond the configured age and number, once their rows are counted: what is asked about them later is answered from there. */
export async function prune(ctx: Context): Promise<void> {
  const { keep, maxRequests } = ctx.config(monitoringConfig).log;
  const all = await allWatched(ctx);
  for (const watched of all)
    try {
      const named = await watchedReference(ctx, watched);
      if (named) await rollUp(ctx, watched, named);
    } catch (cause) {
      // A reference that has gone must not let the log grow for ever.
      ctx.log.warn('rows are deleted without being counted', {
        deployment: watched.deployment,
        cause: String(cause),
      });
    }
  const deleted = await pruneLog(await ctx.service(metadataToken), {
    keepMs: keep,
    maxRequests,
    now: new Date(),
  });
  for (const watched of all) await compactRollups(ctx, watched, Date.now());
  await pruneDeliveries(ctx, new Date(Date.now() - KEEP_DELIVERIES_MS));
  if (deleted > 0) ctx.log.info('old predictions were deleted', { requests: deleted });
}
