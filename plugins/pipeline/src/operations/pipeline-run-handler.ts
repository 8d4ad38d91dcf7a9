import type { StepProduct } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import type { StepRun } from '../pipeline-runs.ts';
import { type RunInput, readsOf, resolveOutside, runPipeline, withGraph } from '../run-pipeline.ts';

export async function runOrPlan(ctx: Context, input: RunInput & { readonly dry: boolean }) {
  if (input.dry) {
    const steps = await planPipeline(ctx, input);
    return { pipeline: input.name, dry: true, steps: [...steps] };
  }
  const { run, steps } = await runPipeline(ctx, input);
  return { pipeline: input.name, dry: false, run, steps };
}

/** What a run would do and why, without doing it. Behind a step that would run, all may run: what it will make is not known. */
const planPipeline = async (
  ctx: Context,
  input: { readonly name: string; readonly force: boolean },
): Promise<readonly StepRun[]> =>
  await withGraph(ctx, input.name, async (_, graph) => {
    const outside = await resolveOutside(graph);
    const made = new Map<string, StepProduct>();
    const steps: StepRun[] = [];
    for (const step of graph) {
      const reads = readsOf(step, made, outside);
      const missing = step.inputs.find(({ name }) => !reads.inputs.has(name));
      const other = step.compares.find(({ name }) => !reads.compared.has(name));
      if (missing ?? other) {
        steps.push({
          step: step.name,
          state: 'waiting',
          reason: input.force
            ? 'it was asked for'
            : missing
              ? `its input ${missing.name} may change`
              : `${other?.name}, which it is compared with, may change`,
          attempts: 0,
        });
        continue;
      }
      const decision = await step.maker.decide(step, reads, input.force);
      const { state, reason } = decision;
      if (state !== 'cached') {
        steps.push({ step: step.name, state: 'waiting', reason, attempts: 0 });
        continue;
      }
      const { output, rows } = await decision.product.done();
      made.set(step.name, decision.product);
      steps.push({ step: step.name, state, reason, attempts: 0, output, rows });
    }
    return steps;
  });
