import { setTimeout as sleep } from 'node:timers/promises';
import { type DeploymentStatus, monitorStatus } from '@trestle/plugin-monitoring';
import { jobShow } from '@trestle/plugin-system';
import { demoError } from './demo-error.ts';
import { MODEL } from './demo-folder.ts';
import { ask, type Stage } from './stage.ts';

const POLL_MS = 250;
const ALERT_WITHIN_MS = 60_000;
const RETRAIN_WITHIN_MS = 600_000;

type Alert = DeploymentStatus['alerts'][number];
type Retrained = NonNullable<DeploymentStatus['lastRetrain']>;

/** Waits until the scheduled check of the server has raised a drift alert. @throws TRS_DEMO_TIMEOUT */
export const waitForAlert = (stage: Stage): Promise<Alert> =>
  poll(stage, 'a drift alert', ALERT_WITHIN_MS, async () => {
    stage.onProgress({ step: 'waiting for the scheduled check' });
    return (await statusOf(stage)).alerts.find((alert) => alert.kind === 'drift' && alert.state === 'open');
  });

/** Waits until the job that an alert started has ended. @throws TRS_DEMO_TIMEOUT, TRS_DEMO_RETRAIN_FAILED */
export const waitForRetraining = (stage: Stage, alert: string): Promise<Retrained> =>
  poll(stage, 'the retraining', RETRAIN_WITHIN_MS, async () => {
    const { lastRetrain } = await statusOf(stage);
    if (lastRetrain?.alert === alert) return lastRetrain;
    const job = await ask(stage, jobShow, { job: `j-retrain-${alert}` }).catch(() => undefined);
    if (job?.error) {
      throw demoError('RETRAIN_FAILED', {
        kind: 'failed',
        message: `The retraining failed: ${job.error.message}`,
        hint: job.error.hint,
      });
    }
    stage.onProgress(job?.progress ? withoutUndefined(job.progress) : { step: 'waiting for the retraining' });
    return undefined;
  });

const withoutUndefined = ({ step, fraction }: { step: string; fraction?: number | undefined }) =>
  fraction === undefined ? { step } : { step, fraction };

async function statusOf(stage: Stage): Promise<DeploymentStatus> {
  const [status] = (await ask(stage, monitorStatus, { deployment: MODEL })).deployments;
  if (status) return status;
  throw demoError('NOT_DEPLOYED', { kind: 'failed', message: `"${MODEL}" is not deployed any more.` });
}

async function poll<T>(
  { signal }: Stage,
  what: string,
  withinMs: number,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(POLL_MS, undefined, { signal });
  }
  throw demoError('TIMEOUT', {
    kind: 'failed',
    message: `Waited ${withinMs / 1000} seconds for ${what}, in vain.`,
    hint: 'Is the machine very busy? Run the demo again; with TRESTLE_DEBUG=1 it says more.',
  });
}
