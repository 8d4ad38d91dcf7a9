import type { Context } from '@trestle/kernel';
import { systemError } from './system-error.ts';

/** Refuses what only makes sense on the caller's own machine. @throws TRS_SYSTEM_LOCAL_ONLY */
export function localOnly(ctx: Context): void {
  if (ctx.surface !== 'http') return;
  throw systemError('LOCAL_ONLY', {
    kind: 'denied',
    message: `${ctx.operation} writes files on the machine where it runs, and is not offered over HTTP.`,
    hint: 'Run it on the command line of that machine, without --server.',
  });
}
