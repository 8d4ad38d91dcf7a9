import type { PipelineDefinition } from '@trestle/contracts';
import { type Context, projectGateToken } from '@trestle/kernel';
import { drawGraph } from '../draw-graph.ts';
import { listPipelineRuns } from '../pipeline-runs.ts';
import { pipelinesOf } from '../pipelines.ts';
import { withGraph } from '../run-pipeline.ts';

export const showPipeline = async (ctx: Context, input: { readonly name: string; readonly runs: number }) =>
  await withGraph(ctx, input.name, async (pipeline, graph) => ({
    pipeline: pipeline.name,
    steps: graph.map(({ name, kind, inputs, compares, output }) => ({
      name,
      kind,
      inputs: [...inputs],
      compares: [...compares],
      output,
    })),
    graph: [...drawGraph(graph)],
    triggers: triggersOf(pipeline),
    runs: [...(await listPipelineRuns(ctx, { pipeline: pipeline.name, limit: input.runs }))],
  }));

export async function listPipelines(ctx: Context) {
  // No configuration means no pipelines, and there also is no project then.
  (await ctx.service(projectGateToken)).check();
  const pipelines = [];
  for (const pipeline of pipelinesOf(ctx)) {
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

const triggersOf = ({ triggers }: PipelineDefinition): string[] => [
  ...(triggers.cron === undefined ? [] : [`"${triggers.cron}"`]),
  ...triggers.datasets.map((dataset) => `a new version of ${dataset}`),
  ...triggers.drift.map((deployment) => `drift of ${deployment}`),
];
