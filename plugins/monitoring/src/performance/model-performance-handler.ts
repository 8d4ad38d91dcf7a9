import { modelsToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { bufferedLogToken } from '../log/buffered-log-token.ts';
import { readLabelled } from '../log/read-labelled.ts';
import { readWindow } from '../log/read-window.ts';
import { modelFactsToken } from '../model-facts.ts';
import { monitoringConfig, rulesOf } from '../rules/monitoring-config.ts';
import { isElsewhere, type Watched, watchedOf } from '../watched.ts';
import { estimatedOf } from './estimated.ts';
import { measurePerformance } from './measure-performance.ts';
import { CONFIDENCE } from './measured-metrics.ts';
import type { MeasuredMetric, ModelPerformance } from './model-performance.ts';
import { realisedOf } from './realised.ts';

/** How good a model is on the labels that came, and how good it is estimated to be on the newest rows without them. */
export async function modelPerformance(
  ctx: Context,
  input: { readonly deployment: string },
): Promise<ModelPerformance> {
  await (await ctx.service(bufferedLogToken)).flush();
  const watched = await watchedOf(ctx, input.deployment);
  const facts = await (await ctx.service(modelFactsToken)).of(watched.model);
  const metadata = await ctx.service(metadataToken);
  const rules = rulesOf(ctx.config(monitoringConfig), watched.deployment);
  const labelled = await readLabelled(metadata, watched, rules.performance.windowRows);
  const rows = await readWindow(metadata, watched, rules.performance.windowRows);
  const verdict = await measurePerformance(ctx, watched);
  const baselines = await baselinesOf(ctx, watched);
  const withBaseline = (metrics: readonly MeasuredMetric[]): MeasuredMetric[] =>
    metrics.map((metric) => {
      const baseline = baselines[metric.metric];
      return baseline === undefined ? metric : { ...metric, baseline };
    });
  const realised = realisedOf(facts, labelled, rows, verdict.state, rules.segments);
  return {
    deployment: watched.deployment,
    model: { name: watched.model.name, version: watched.model.version },
    checkedAt: new Date().toISOString(),
    ...(facts.task === undefined ? {} : { task: facts.task }),
    confidence: CONFIDENCE,
    realised: { ...realised, metrics: withBaseline(realised.metrics) },
    estimated: estimatedOf(facts, labelled, rows, rules.performance.minRows, withBaseline),
  };
}

async function baselinesOf(ctx: Context, watched: Watched): Promise<Record<string, number>> {
  if (isElsewhere(watched)) return {};
  const model = await (await ctx.service(modelsToken)).resolve(
    `${watched.model.name}@${watched.model.version}`,
  );
  return Object.fromEntries(
    Object.entries(model.metrics).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}
