import { dataError } from '../data-error.ts';
import type { ReadContext } from './read-context.ts';

/**
 * A caller of the server must not reach with the server's credentials, and from its network, what the server's owner did not
 * allow. @throws TRS_DATA_SOURCE_REFUSED
 */
export function checkRemoteSource(ctx: ReadContext, named: string): void {
  if (ctx.surface !== 'http') return;
  const url = URL.parse(named);
  const where = url === null ? '' : `${url.protocol}//${url.host}`;
  if (ctx.limits.allowSources.includes(where)) return;
  throw dataError('SOURCE_REFUSED', {
    kind: 'denied',
    message: `Rows from ${where} may not be added through the server.`,
    hint: 'Its owner can allow it: data.allowSources in the configuration, for example ["s3://my-bucket"].',
    details: { source: where },
  });
}
