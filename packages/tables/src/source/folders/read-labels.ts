import { dirname } from 'node:path';
import { openEngine } from '../../engine/engine.ts';
import { matchColumns } from '../match-columns.ts';
import { openFile } from '../open-file.ts';
import type { ReadContext } from '../read-context.ts';
import { sourceColumns } from '../source-columns.ts';

/** Labels by the files' names, from a table with the columns `file` and `label`. @throws TRS_DATA_COLUMNS_DIFFER */
export async function readLabels(
  ctx: ReadContext,
  named: string,
  dir: string,
): Promise<ReadonlyMap<string, string>> {
  const source = await openFile(ctx, await ctx.files.read(named), named, {}, dir);
  await source.scanned;
  const engine = await openEngine(ctx.limits, { files: [source.path], dirs: [dir, dirname(source.path)] });
  try {
    const { columns } = await sourceColumns(engine, [source], {}, undefined);
    const found = columns.filter(({ name }) => /^(file|label)$/.test(name));
    matchColumns([{ name: 'file' }, { name: 'label' }], found, named);
    const types = new Map(found.map(({ name }) => [name, 'string' as const]));
    const { ready } = await sourceColumns(engine, [source], { types }, undefined);
    const rows = await engine.rows(
      `SELECT file::VARCHAR AS file, label::VARCHAR AS label FROM ${ready[0]?.relation}`,
    );
    return new Map(rows.map((row) => [String(row.file), String(row.label)]));
  } finally {
    engine.close();
  }
}
