import type { Context } from '@trestle/kernel';
import { planPipeline } from '../plan.ts';
import { type RunInput, runPipeline } from '../run-pipeline.ts';

export async function runOrPlan(ctx: Context, input: RunInput & { readonly dry: boolean }) {
  if (input.dry) {
    const steps = await planPipeline(ctx, input);
    return { pipeline: input.name, dry: true, steps: [...steps] };
  }
  const { run, steps } = await runPipeline(ctx, input);
  return { pipeline: input.name, dry: false, run, steps };
}
