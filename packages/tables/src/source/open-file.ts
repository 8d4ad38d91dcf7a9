import { basename, join } from 'node:path';
import { checkJsonEnd } from './check-json-end.ts';
import { expandFile } from './expand-file.ts';
import { formatOf, isTextFormat } from './file-format.ts';
import { hasMark } from './has-mark.ts';
import type { LocalSource } from './local-source.ts';
import type { ReadContext } from './read-context.ts';
import { recodeFile } from './recode-file.ts';
import { fileSize, scanFile } from './scan-file.ts';
import type { SourceOptions } from './source-options.ts';
import { spoolRows } from './spool-rows.ts';
import { spoolTyped } from './spool-typed.ts';

/** One local file, as the engine reads it: expanded, as UTF-8, or as JSON lines where it reads no such format. */
export async function openFile(
  ctx: ReadContext,
  path: string,
  shown: string,
  options: Omit<SourceOptions, 'path'>,
  dir: string,
): Promise<LocalSource> {
  const { maxSourceBytes: maxBytes } = ctx.limits;
  const { format, compression } = formatOf(path);
  const { signal } = ctx;
  const size = await fileSize(path, shown);
  if (format === 'arrow' || format === 'excel' || format === 'sqlite') {
    const scanned = await scanFile(path, shown, false);
    const to = join(dir, `${basename(path)}.jsonl`);
    const source = await converted(ctx, { path, shown, to, format }, options, dir);
    return { ...source, scanned: Promise.resolve(scanned) };
  }
  const isText = isTextFormat(format);
  // The engine takes the mark at the beginning of a CSV for what it is, and that of a JSON for a value.
  const encoding =
    options.encoding ??
    (compression === 'none' && (format === 'json' || format === 'jsonl') && (await hasMark(path))
      ? 'utf-8'
      : undefined);
  const isPlain = compression === 'none' && encoding === undefined;
  if (!isText || isPlain) {
    const scanned = scanFile(path, shown, isText);
    // Whoever awaits it sees the failure; until then it is not unhandled.
    scanned.catch(() => {});
    // The engine would look at all of a JSON, and make sense of one that ends too early.
    if (format === 'json' || format === 'jsonl') await scanned;
    if (format === 'json') await checkJsonEnd(path, shown);
    return { path, shown, format, scanned, isLong: isLong(format, size) };
  }
  const { digest } = await scanFile(path, shown, false);
  let at = path;
  if (compression !== 'none') {
    const to = join(dir, `${basename(at)}.expanded`);
    await expandFile(at, to, { shown, compression, maxBytes, signal });
    at = to;
  }
  if (encoding !== undefined) {
    const to = join(dir, `${basename(at)}.utf8`);
    await recodeFile(at, to, { shown, encoding, signal });
    at = to;
  }
  const { hasReturns } = await scanFile(at, shown, true);
  if (format === 'json') await checkJsonEnd(at, shown);
  const scanned = Promise.resolve({ digest, hasReturns });
  return { path: at, shown, format, scanned, isLong: isLong(format, await fileSize(at, shown)) };
}

/** In a shorter text, looking at every row costs nothing that is worth saving. */
const LONG_BYTES = 4 * 2 ** 20;

const isLong = (format: string, bytes: number): boolean =>
  (format === 'csv' || format === 'tsv') && bytes >= LONG_BYTES;

async function converted(
  ctx: ReadContext,
  file: {
    readonly path: string;
    readonly shown: string;
    readonly to: string;
    readonly format: 'arrow' | 'excel' | 'sqlite';
  },
  { sheet, query }: Omit<SourceOptions, 'path'>,
  dir: string,
): Promise<LocalSource> {
  const { path, shown, to } = file;
  const { maxSourceBytes: maxBytes } = ctx.limits;
  if (file.format === 'arrow') {
    const { readArrow } = await import('./tables/read-arrow.ts');
    return await spoolTyped(ctx, await readArrow(path, shown), to, shown);
  }
  if (file.format === 'excel') {
    const { readExcel } = await import('./tables/read-excel.ts');
    const spooled = await spoolRows(await readExcel(path, shown, dir, sheet), to, {
      shown,
      maxBytes,
      signal: ctx.signal,
    });
    return { path: to, shown, format: 'jsonl', ...spooled };
  }
  const { readSqlite } = await import('./tables/read-sqlite.ts');
  const rows = await readSqlite(path, shown, query);
  try {
    const spooled = await spoolRows(rows, to, { shown, maxBytes, signal: ctx.signal });
    return { path: to, shown, format: 'jsonl', ...spooled };
  } finally {
    rows.close();
  }
}
