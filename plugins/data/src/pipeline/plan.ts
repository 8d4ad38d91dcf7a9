import type { DatasetVersion } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { decideStep } from './decide-step.ts';
import { findPipeline } from './graph.ts';
import { graphOf, resolveDatasets } from './run-pipeline.ts';
import type { StepRun } from './run-records.ts';

/** What a run would do and why, without doing it. Behind a step that would run, all may run: what it will make is not known. */
export async function planPipeline(
  ctx: Context,
  input: { readonly name: string; readonly force: boolean },
): Promise<readonly StepRun[]> {
  const pipeline = findPipeline(ctx, input.name);
  const graph = await graphOf(ctx, pipeline);
  const datasets = await resolveDatasets(ctx, graph);
  const made = new Map<string, DatasetVersion>();
  const steps: StepRun[] = [];
  for (const step of graph) {
    const inputs = new Map<string, DatasetVersion>();
    for (const { name, kind } of step.inputs) {
      const version = kind === 'step' ? made.get(name) : datasets.get(name);
      if (version) inputs.set(name, version);
    }
    const unknown = step.inputs.find(({ name }) => !inputs.has(name));
    if (unknown && !input.force) {
      steps.push({
        step: step.name,
        state: 'waiting',
        reason: `its input ${unknown.name} may change`,
        attempts: 0,
      });
      continue;
    }
    const { cached, reason } = await decideStep(ctx, pipeline, step, inputs, input.force);
    if (cached) made.set(step.name, cached);
    steps.push({
      step: step.name,
      state: cached ? 'cached' : 'waiting',
      reason,
      attempts: 0,
      ...(cached ? { output: `${cached.dataset}@${cached.version}`, rows: cached.rows } : {}),
    });
  }
  return steps;
}
