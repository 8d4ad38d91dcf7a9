import { type Alert, trackingToken } from '@trestle/contracts';
import { type Context, isTrestleError, type JobState, jobStoreToken } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { listAlerts } from '../alert/alert-records.ts';
import { countLabelled } from '../log/count-labelled.ts';
import { championOf } from '../retrain/champion.ts';
import { monitorRetrain } from '../retrain/retrain-operation.ts';
import { monitoringConfig, rulesOf } from '../rules/monitoring-config.ts';
import { labelsNeeded, type RetrainOptions } from '../rules/retrain-options.ts';
import type { MonitoringTables } from '../tables.ts';
import { isElsewhere, type Watched } from '../watched.ts';
import type { Action } from './check-report.ts';

/** What learning from newer rows can mend: not a feed that is broken, or a service that does not answer. */
const RETRAINED_FOR: readonly string[] = ['drift', 'performance'];

/**
 * Starts the configured action for the oldest open alert of the deployed model, once per alert: a durable job, queued with
 * the change that notes it, and for the alert as its key, so that two processes start only one.
 */
export async function actOn(ctx: Context, deployment: Watched): Promise<Action> {
  const rules = rulesOf(ctx.config(monitoringConfig), deployment.deployment);
  if (isElsewhere(deployment) && rules.action !== 'none')
    return { state: 'none', reason: 'What runs elsewhere is not retrained here.' };
  if (rules.action === 'none') return { state: 'none', reason: 'No action is configured.' };
  const metadata = await ctx.service(metadataToken);
  const open = await listAlerts(metadata, { deployment: deployment.deployment, isOpen: true, limit: 1_000 });
  const alert = open
    .filter(({ kind, model }) => RETRAINED_FOR.includes(kind) && model.version === deployment.model.version)
    .at(-1);
  if (!alert) return { state: 'none', reason: 'No alert is open.' };
  if (alert.job !== undefined) {
    const job = await (await ctx.service(jobStoreToken)).get(alert.job);
    return queued(alert, alert.job, job?.state ?? 'queued');
  }
  // Not the window that performance is measured on: retraining takes all there are.
  const labelledRows = await countLabelled(metadata, deployment);
  const needed = await neededFor(ctx, deployment, rules.retrain);
  if (labelledRows < needed) {
    return { state: 'waiting', reason: `${labelledRows} labelled rows; ${needed} are needed to retrain.` };
  }
  const lastStart = await lastRetrain(ctx, deployment.deployment);
  const readyAt = lastStart + rules.retrain.cooldown;
  if (readyAt > Date.now()) {
    return {
      state: 'waiting',
      reason: `A retraining ran already; the next may start after ${new Date(readyAt).toISOString()}.`,
    };
  }
  const id = await metadata.change<MonitoringTables, string>(ctx, async (change) => {
    const input = { deployment: deployment.deployment, alert: alert.alert };
    const job = await ctx.enqueue(monitorRetrain, input, { key: alert.alert, within: change });
    await change.db
      .updateTable('monitoring_alerts')
      .set({ job: job.id })
      .where('id', '=', alert.alert)
      .execute();
    return job.id;
  });
  return queued(alert, id, 'queued');
}

/** A model that was not trained here cannot be retrained, which its retraining says. */
async function neededFor(ctx: Context, { model }: Watched, options: RetrainOptions): Promise<number> {
  const champion = await championOf(ctx, model).catch((error: unknown) => {
    if (isTrestleError(error)) return undefined;
    throw error;
  });
  return champion ? labelsNeeded(options, champion.run.spec) : options.minLabels;
}

const queued = (alert: Alert, job: string, state: JobState): Action => ({
  state: 'queued',
  reason: `Retraining for ${alert.alert}: ${state}.`,
  job,
});

async function lastRetrain(ctx: Context, deployment: string): Promise<number> {
  const tracking = await ctx.service(trackingToken);
  const [last] = await tracking.list({ kind: 'retraining', experiment: deployment, limit: 1 });
  return last ? Date.parse(last.startedAt) : 0;
}
