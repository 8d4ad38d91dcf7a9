import { dataError } from '../data-error.ts';
import type { LocalSource } from './local-source.ts';
import type { ReadContext } from './read-context.ts';
import { spoolRows } from './spool-rows.ts';
import type { OpenedTable } from './tables/opened-rows.ts';
import { columnNames, type NamesMode } from './types/column-names.ts';

/** Typed rows as a local file. @throws TRS_DATA_EMPTY, TRS_DATA_HEADER */
export async function spoolTyped(
  ctx: ReadContext,
  { columns, rows, notes = [] }: OpenedTable,
  path: string,
  shown: string,
  mode: NamesMode | undefined,
): Promise<LocalSource> {
  if (columns.length === 0) {
    throw dataError('EMPTY', {
      kind: 'invalid',
      message: `"${shown}" gives no rows.`,
      hint: 'A dataset needs at least one row.',
    });
  }
  const { maxSourceBytes: maxBytes } = ctx.limits;
  const { names, notes: renamed } = columnNames(
    columns.map((column) => column.name),
    shown,
    mode,
  );
  const spooled = await spoolRows({ names, rows }, path, { shown, maxBytes, signal: ctx.signal });
  const named = columns.map((column, index) => ({ ...column, name: names[index] ?? column.name }));
  return { path, shown, format: 'jsonl', ...spooled, columns: named, notes: [...notes, ...renamed] };
}
