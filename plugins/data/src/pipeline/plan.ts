import type { Context } from '@trestle/kernel';
import { decideStep } from './decide-step.ts';
import { findPipeline } from './graph.ts';
import { graphOf, readsOf, resolveDatasets } from './run-pipeline.ts';
import type { StepRun } from './run-records.ts';
import { rowsOf, type StepRows } from './step-rows.ts';

/** What a run would do and why, without doing it. Behind a step that would run, all may run: what it will make is not known. */
export async function planPipeline(
  ctx: Context,
  input: { readonly name: string; readonly force: boolean },
): Promise<readonly StepRun[]> {
  const pipeline = findPipeline(ctx, input.name);
  const graph = await graphOf(ctx, pipeline);
  const datasets = await resolveDatasets(ctx, graph);
  const made = new Map<string, StepRows>();
  const steps: StepRun[] = [];
  for (const step of graph) {
    const reads = readsOf(step, made, datasets);
    const missing = step.inputs.find(({ name }) => !reads.inputs.has(name));
    const other = step.compares.find(({ name }) => !reads.compared.has(name));
    if ((missing ?? other) && !input.force) {
      steps.push({
        step: step.name,
        state: 'waiting',
        reason: missing
          ? `its input ${missing.name} may change`
          : `${other?.name}, which it is compared with, may change`,
        attempts: 0,
      });
      continue;
    }
    const { cached, reason } = await decideStep(ctx, pipeline, step, reads, input.force);
    if (cached) made.set(step.name, rowsOf(ctx, cached));
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
