import { dataError } from '../data-error.ts';
import type { LocalSource } from './local-source.ts';
import type { ReadContext } from './read-context.ts';
import { spoolRows } from './spool-rows.ts';
import type { TypedRows } from './tables/typed-rows.ts';

/** Typed rows as a local file. @throws TRS_DATA_EMPTY */
export async function spoolTyped(
  ctx: ReadContext,
  { columns, rows, notes = new Set() }: TypedRows,
  path: string,
  shown: string,
): Promise<LocalSource> {
  if (columns.length === 0) {
    throw dataError('EMPTY', {
      kind: 'invalid',
      message: `"${shown}" gives no rows.`,
      hint: 'A dataset needs at least one row.',
    });
  }
  const { maxSourceBytes: maxBytes } = ctx.limits;
  const names = columns.map((column) => column.name);
  const spooled = await spoolRows({ names, rows }, path, { shown, maxBytes, signal: ctx.signal });
  return { path, shown, format: 'jsonl', ...spooled, columns, notes: [...notes] };
}
