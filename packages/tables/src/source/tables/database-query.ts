import { dataError } from '../../data-error.ts';
import type { ReadContext, SourceRequest } from '../source.ts';

/** What a database is asked, and what is shown and kept of it: no credentials. @throws TRS_DATA_QUERY_MISSING */
export function databaseQuery(ctx: ReadContext, { address, shown, told: { query } }: SourceRequest) {
  if (query === undefined) {
    throw dataError('QUERY_MISSING', {
      kind: 'invalid',
      message: 'A database is asked with a query.',
      hint: 'Add --query "SELECT … FROM …".',
    });
  }
  ctx.progress({ step: `asking ${shown}` });
  return {
    url: new URL(address),
    query,
    shown: `${shown}: ${query.replaceAll(/\s+/g, ' ').slice(0, 200)}`,
  };
}
