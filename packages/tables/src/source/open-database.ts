import { join } from 'node:path';
import { dataError } from '../data-error.ts';
import { checkOptions } from './check-options.ts';
import type { OpenedSource } from './local-source.ts';
import type { ReadContext } from './read-context.ts';
import type { SourceOptions } from './source-options.ts';
import { spoolTyped } from './spool-typed.ts';

/** Streams the rows of a query to the disk. @throws TRS_DATA_QUERY_MISSING, TRS_DATA_DATABASE, TRS_DATA_EMPTY */
export async function openDatabase(
  ctx: ReadContext,
  options: SourceOptions,
  dir: string,
): Promise<OpenedSource> {
  const { path: named, query, names } = options;
  checkOptions(options, ['server']);
  const url = new URL(named);
  if (query === undefined) {
    throw dataError('QUERY_MISSING', {
      kind: 'invalid',
      message: 'A database is asked with a query.',
      hint: 'Add --query "SELECT … FROM …".',
    });
  }
  const shown = `${url.protocol}//${url.host}${url.pathname}`;
  ctx.progress({ step: `asking ${shown}` });
  const result = url.protocol.startsWith('postgres')
    ? await (await import('./tables/read-postgres.ts')).readPostgres(url, query)
    : await (await import('./tables/read-mysql.ts')).readMysql(url, query);
  try {
    return {
      shown: `${shown}: ${query.replaceAll(/\s+/g, ' ').slice(0, 200)}`,
      files: [await spoolTyped(ctx, result, join(dir, 'rows.jsonl'), shown, names)],
    };
  } finally {
    await result.close?.();
  }
}
