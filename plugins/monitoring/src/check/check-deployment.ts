import type { Context, Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { listAlerts, settleFindings } from '../alert/alert-records.ts';
import { lookAtBlocks } from '../budget/look-at-blocks.ts';
import { measureDrift } from '../drift/measure-drift.ts';
import type { Finding, WeighedFeature } from '../incident/finding.ts';
import { bufferedLogToken } from '../log/buffered-log-token.ts';
import { importancesToken } from '../model-facts.ts';
import { measurePerformance } from '../performance/measure-performance.ts';
import { measureFeed } from '../quality/measure-feed.ts';
import { measureQuality } from '../quality/measure-quality.ts';
import type { Watched } from '../watched.ts';
import { actOn } from './act-on-alerts.ts';
import { keepCheck, seenBy } from './check-records.ts';
import type { CheckReport } from './check-report.ts';
import {
  budgetFinding,
  driftFinding,
  feedFindings,
  performanceFinding,
  qualityFindings,
} from './findings.ts';
import { servingFinding } from './serving-finding.ts';

/**
 * Looks at a deployment once: measures drift, performance and the quality of its feed, keeps the result, opens and resolves alerts, and
 * starts the configured action. A verdict that is still waiting for rows neither opens nor resolves anything.
 */
export async function checkDeployment(ctx: Context, deployment: Watched): Promise<CheckReport> {
  const metadata = await ctx.service(metadataToken);
  await (await ctx.service(bufferedLogToken)).flush();
  const seen = await seenBy(metadata, deployment.deployment);
  const drift = await measureDrift(ctx, deployment);
  const performance = await measurePerformance(ctx, deployment);
  const { report: budget } = await lookAtBlocks(ctx, deployment);
  const quality = await measureQuality(ctx, deployment);
  const serving = await servingFinding(ctx, deployment);
  await keepCheck(metadata, { seen, drift, performance });
  const findings = (importances: readonly WeighedFeature[]): readonly Finding[] => [
    budget.state === 'off' ? driftFinding(drift, importances) : budgetFinding(budget, drift, importances),
    performanceFinding(performance),
    serving,
    ...(quality ? qualityFindings(quality, importances) : []),
  ];
  const settled = await settleFindings(
    metadata,
    ctx,
    deployment,
    await weighedFindings(ctx, deployment, findings),
  );
  const action = await actOn(ctx, deployment);
  const open = await listAlerts(metadata, { deployment: deployment.deployment, isOpen: true, limit: 10 });
  return { deployment: deployment.deployment, drift, performance, budget, ...settled, open, action };
}

/** What a model uses is asked only where something is bad: it takes some thousand predictions. */
async function weighedFindings(
  scope: Scope,
  { model }: Watched,
  findings: (importances: readonly WeighedFeature[]) => readonly Finding[],
): Promise<readonly Finding[]> {
  const found = findings([]);
  if (!found.some(({ verdict, features }) => verdict === 'bad' && features.length > 0)) return found;
  return findings(await (await scope.service(importancesToken)).of(model));
}

/** Looks whether rows come as they usually do, and requests are answered: where no row comes, no check is due. */
export async function checkFeed(ctx: Context, deployment: Watched): Promise<void> {
  const findings = [
    ...feedFindings(await measureFeed(ctx, deployment)),
    await servingFinding(ctx, deployment),
  ];
  await settleFindings(await ctx.service(metadataToken), ctx, deployment, findings);
}
