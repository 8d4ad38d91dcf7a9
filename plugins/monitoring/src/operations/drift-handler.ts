import { resource } from '@trestle/contracts';
import { type Context, may } from '@trestle/kernel';
import type { DriftReport } from '../drift/drift-report.ts';
import { measureDrift } from '../drift/measure-drift.ts';
import { bufferedLogToken } from '../log/buffered-log-token.ts';
import { monitorError } from '../monitor-error.ts';
import { watchedOf } from '../watched.ts';

/** @throws TRS_MONITOR_DATA_DENIED when a caller who may not read datasets names one: the report shows values of it */
export async function drift(
  ctx: Context,
  { deployment: name, against }: { readonly deployment: string; readonly against?: string | undefined },
): Promise<DriftReport> {
  if (against !== undefined && !may(ctx.principal, 'data:read', [resource('dataset', against)])) {
    throw monitorError('DATA_DENIED', {
      kind: 'denied',
      message: `"${ctx.principal.id}" may not compare with ${against}: it needs the permission "data:read".`,
      hint: 'Use a token with that scope too, or leave --against out.',
    });
  }
  const deployment = await watchedOf(ctx, name);
  await (await ctx.service(bufferedLogToken)).flush();
  return await measureDrift(ctx, deployment, against);
}
