import type { Context } from '@trestle/kernel';
import { rowsToDetect } from '@trestle/statistics';
import { bufferedLogToken } from '../log/buffered-log-token.ts';
import { monitorError } from '../monitor-error.ts';
import { watchedOf } from '../watched.ts';
import type { BudgetReport, PowerReport } from './budget-report.ts';
import { lookAtBlocks } from './look-at-blocks.ts';

/** What the budget's checks say now. */
export async function budget(ctx: Context, input: { readonly deployment: string }): Promise<BudgetReport> {
  await (await ctx.service(bufferedLogToken)).flush();
  return (await lookAtBlocks(ctx, await watchedOf(ctx, input.deployment))).report;
}

/** How soon a shift of each number would be found. */
export async function power(
  ctx: Context,
  input: { readonly deployment: string; readonly shift: number; readonly probability: number },
): Promise<PowerReport> {
  await (await ctx.service(bufferedLogToken)).flush();
  const watched = await watchedOf(ctx, input.deployment);
  const { report, looks, streams, detector } = await lookAtBlocks(ctx, watched);
  if (report.state === 'off' || report.falseAlarms === undefined) {
    throw monitorError('NO_BUDGET', {
      kind: 'invalid',
      message: `${watched.deployment} has no budget of false alarms, or nothing to compare with: how soon a change is found depends on it.`,
      hint: `Write falseAlarms: '1 per 30d' for it under monitoring.deployments of trestle.config.`,
    });
  }
  const falseAlarms = report.falseAlarms;
  const found = streams.flatMap(([segment, feature, what], place) => {
    const look = looks.find((one) => one.feature === feature && one.what === what);
    if (segment !== '' || what !== 'place' || !look) return [];
    const dispersion = detector.dispersion(place, look.variance);
    const rows = rowsToDetect({
      shift: input.shift,
      dispersion,
      streams: streams.length,
      threshold: report.threshold,
      blockRows: report.blockRows,
      probability: input.probability,
    });
    return [
      {
        feature,
        shift: input.shift,
        rows,
        dispersion,
        summary: `A shift of ${input.shift} standard deviations in ${feature} is found within ${rows} rows with probability ${input.probability}.`,
      },
    ];
  });
  return {
    deployment: report.deployment,
    model: report.model,
    falseAlarms,
    streams: streams.length,
    probability: input.probability,
    power: found,
  };
}
