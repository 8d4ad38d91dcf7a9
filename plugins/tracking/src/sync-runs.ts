import { join } from 'node:path';
import process from 'node:process';
import { type Context, projectGateToken } from '@trestle/kernel';
import { deliverLeft } from './outbox/deliver-left.ts';
import { projectTarget, serverTarget } from './outbox/target.ts';
import { trackingError } from './tracking-error.ts';

/** Sends what processes left that are gone. @throws TRS_TRACKING_SYNC_ELSEWHERE */
export async function syncRuns(ctx: Context, input: { readonly outbox?: string | undefined }) {
  // What lies there names the server to send to: a caller from elsewhere could make this one ask any address.
  if (ctx.surface === 'http')
    throw trackingError('SYNC_ELSEWHERE', {
      kind: 'denied',
      message: 'What scripts left on this machine is sent from its command line.',
      hint: 'Run "trestle run sync" there.',
    });
  // With nothing to send it would not ask for the project's state, and say in a wrong folder that all is sent.
  if (input.outbox === undefined) (await ctx.service(projectGateToken)).check();
  const root =
    input.outbox === undefined ? join(ctx.project.stateDir, 'outbox') : await ctx.files.read(input.outbox);
  const token = process.env.TRESTLE_TOKEN;
  const runs = await deliverLeft(root, (name) => {
    if ('server' in name) return serverTarget(name.server, token);
    return name.project === ctx.project.dir ? projectTarget(ctx) : undefined;
  });
  return { runs: [...runs] };
}
