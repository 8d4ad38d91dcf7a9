import type { Context } from '@trestle/kernel';
import { dataConfig } from '../data-config.ts';
import { drawGraph } from '../pipeline/draw-graph.ts';
import { findPipeline } from '../pipeline/graph.ts';
import { isSqlStep, type Pipeline } from '../pipeline/pipeline.ts';
import { graphOf } from '../pipeline/run-pipeline.ts';
import { listPipelineRuns } from '../pipeline/run-records.ts';

export async function showPipeline(ctx: Context, input: { readonly name: string; readonly runs: number }) {
  const pipeline = findPipeline(ctx, input.name);
  const graph = await graphOf(ctx, pipeline);
  return {
    pipeline: pipeline.name,
    steps: graph.map(({ name, step, inputs, compares, output }) => ({
      name,
      kind: isSqlStep(step) ? ('sql' as const) : ('module' as const),
      inputs: [...inputs],
      compares: [...compares],
      output,
    })),
    graph: [...drawGraph(graph)],
    triggers: triggersOf(pipeline),
    runs: [...(await listPipelineRuns(ctx, { pipeline: pipeline.name, limit: input.runs }))],
  };
}

export async function listPipelines(ctx: Context) {
  const pipelines = [];
  for (const pipeline of ctx.config(dataConfig).pipelines) {
    const [last] = await listPipelineRuns(ctx, { pipeline: pipeline.name, limit: 1 });
    pipelines.push({
      name: pipeline.name,
      steps: Object.keys(pipeline.steps).length,
      triggers: triggersOf(pipeline),
      ...(last ? { lastRun: { run: last.run, status: last.status, startedAt: last.startedAt } } : {}),
    });
  }
  return { pipelines };
}

const triggersOf = ({ triggers }: Pipeline): string[] => [
  ...(triggers.cron === undefined ? [] : [`"${triggers.cron}"`]),
  ...triggers.datasets.map((dataset) => `a new version of ${dataset}`),
  ...triggers.drift.map((deployment) => `drift of ${deployment}`),
];
