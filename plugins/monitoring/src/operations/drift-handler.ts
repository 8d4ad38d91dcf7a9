import { deploymentsToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import type { DriftReport } from '../drift/drift-report.ts';
import { measureDrift } from '../drift/measure-drift.ts';
import { bufferedLogToken } from '../log/buffered-log-token.ts';

export async function drift(ctx: Context, input: { readonly deployment: string }): Promise<DriftReport> {
  const deployment = await (await ctx.service(deploymentsToken)).get(input.deployment);
  await (await ctx.service(bufferedLogToken)).flush();
  return await measureDrift(ctx, deployment);
}
