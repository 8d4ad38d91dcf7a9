import type { Context } from '@trestle/kernel';
import { checkDeployment } from '../check/check-deployment.ts';
import type { CheckReport } from '../check/check-report.ts';
import { watchedOf } from '../watched.ts';

export const check = async (ctx: Context, input: { readonly deployment: string }): Promise<CheckReport> =>
  await checkDeployment(ctx, await watchedOf(ctx, input.deployment));
