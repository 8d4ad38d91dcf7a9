import { deploymentsToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { checkDeployment } from '../check/check-deployment.ts';
import type { CheckReport } from '../check/check-report.ts';

export const check = async (ctx: Context, input: { readonly deployment: string }): Promise<CheckReport> =>
  await checkDeployment(ctx, await (await ctx.service(deploymentsToken)).get(input.deployment));
