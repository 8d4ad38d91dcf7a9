import type { Context, Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { listAlerts } from '../alert/alert-records.ts';
import { latestCheck, seenBy } from '../check/check-records.ts';
import { bufferedLogToken } from '../log/buffered-log-token.ts';
import { latestRetrain } from '../retrain/latest-retrain.ts';
import { allWatched, type Watched, watchedOf } from '../watched.ts';
import { recentTraffic } from './recent-traffic.ts';
import type { DeploymentStatus, StatusReport } from './status-report.ts';

/** How the deployments (or one) are: traffic, the latest check, open alerts, the latest retraining. */
export async function status(
  ctx: Context,
  input: { readonly deployment?: string | undefined },
): Promise<StatusReport> {
  const log = await ctx.service(bufferedLogToken);
  await log.flush();
  const chosen =
    input.deployment === undefined ? await allWatched(ctx) : [await watchedOf(ctx, input.deployment)];
  const reports: DeploymentStatus[] = [];
  for (const deployment of chosen) reports.push(await statusOf(ctx, deployment));
  return { deployments: reports, log: { dropped: log.dropped() } };
}

async function statusOf(scope: Scope, deployment: Watched): Promise<DeploymentStatus> {
  const metadata = await scope.service(metadataToken);
  const name = deployment.deployment;
  const [seen, recent, check, alerts, retrained] = await Promise.all([
    seenBy(metadata, name),
    recentTraffic(metadata, deployment),
    latestCheck(metadata, name),
    listAlerts(metadata, { deployment: name, isOpen: true, limit: 10 }),
    latestRetrain(scope, name),
  ]);
  const isOfThisModel = check?.model.version === deployment.model.version;
  const found = isOfThisModel ? check?.found : undefined;
  const unreadable = [
    ...(isOfThisModel && check?.unreadable !== undefined
      ? [`The record of the check of ${check.time} cannot be read: ${check.unreadable}.`]
      : []),
    ...(retrained?.unreadable === undefined
      ? []
      : [`The record of the latest retraining cannot be read: ${retrained.unreadable}.`]),
  ];
  return {
    deployment: name,
    revision: deployment.revision,
    model: { name: deployment.model.name, version: deployment.model.version },
    health: alerts.length > 0 ? 'alert' : found?.drift.state === 'ok' ? 'ok' : 'waiting',
    traffic: {
      requests: seen.requests,
      rows: seen.rows,
      imputedRows: seen.imputed,
      labels: seen.labels,
      ...recent,
    },
    ...(check && found
      ? {
          drift: {
            state: found.drift.state,
            checkedAt: check.time,
            windowRows: found.drift.window.rows,
            driftedFeatures: found.drift.features
              .filter((feature) => feature.drifted)
              .map((feature) => feature.name),
          },
          performance: {
            state: found.performance.state,
            labelledRows: found.performance.labelledRows,
            metrics: Object.fromEntries(
              found.performance.metrics.map((metric) => [metric.metric, metric.current]),
            ),
          },
        }
      : {}),
    alerts,
    ...(retrained?.value ? { lastRetrain: retrained.value } : {}),
    ...(unreadable.length > 0 ? { unreadable } : {}),
  };
}
