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
import type { Rows } from './spool-rows.ts';
import { spoolTyped } from './spool-typed.ts';
import { oneObjectNote } from './types/one-object.ts';
import { spoolTexts, taggedRow } from './types/spool-texts.ts';

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
    if (format === 'json' || format === 'jsonl') {
      const { digest } = await scanned;
      if (format === 'json') await checkJsonEnd(path, shown);
      return await scannedJson(ctx, { path, shown, format, digest }, dir);
    }
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
  if (format === 'json' || format === 'jsonl')
    return await scannedJson(ctx, { path: at, shown, format, digest }, dir);
  const scanned = Promise.resolve({ digest, hasReturns });
  return { path: at, shown, format, scanned, isLong: isLong(format, await fileSize(at, shown)) };
}

/** A JSON text as the values that stand in it: the engine would write numbers anew, and rewrite strings that look like times. */
async function scannedJson(
  ctx: ReadContext,
  {
    path,
    shown,
    format,
    digest,
  }: {
    readonly path: string;
    readonly shown: string;
    readonly format: 'json' | 'jsonl';
    readonly digest: string;
  },
  dir: string,
): Promise<LocalSource> {
  const texts: string[] = [];
  const to = join(dir, `${basename(path)}.texts`);
  const { maxSourceBytes: maxBytes } = ctx.limits;
  const { scanJson } = await import('./types/scan-json.ts');
  let [count, first] = [0, ''];
  const rows = (async function* () {
    for await (const row of scanJson(path, shown, texts)) {
      if (count++ === 0) first = row;
      yield row;
    }
  })();
  const { longestLine, characters } = await spoolTexts(rows, to, { shown, maxBytes, signal: ctx.signal });
  const note = count === 1 ? oneObjectNote(shown, texts, first) : undefined;
  return {
    path: to,
    shown,
    format,
    scanned: Promise.resolve({ digest }),
    texts,
    ...(note === undefined ? {} : { notes: [note] }),
    longestLine,
    isLong: characters >= LONG_BYTES,
  };
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
  { sheet, query, header: hasHeader, names }: Omit<SourceOptions, 'path'>,
  dir: string,
): Promise<LocalSource> {
  const { path, shown, to } = file;
  if (file.format === 'arrow') {
    const { readArrow } = await import('./tables/read-arrow.ts');
    return await spoolTyped(ctx, await readArrow(path, shown), to, shown, names);
  }
  if (file.format === 'excel') {
    const { readExcel } = await import('./tables/read-excel.ts');
    return await spooled(ctx, await readExcel(path, shown, dir, sheet, hasHeader !== 'no'), to, shown);
  }
  const { readSqlite } = await import('./tables/read-sqlite.ts');
  const rows = await readSqlite(path, shown, query);
  try {
    return await spooled(ctx, rows, to, shown);
  } finally {
    rows.close();
  }
}

/** Rows of a workbook or of SQLite, where each value has a type of its own, as a local file. */
async function spooled(
  ctx: ReadContext,
  { names, rows, places, notes = [] }: Rows,
  to: string,
  shown: string,
): Promise<LocalSource> {
  const { maxSourceBytes: maxBytes } = ctx.limits;
  const texts = (async function* () {
    let count = 0;
    for await (const row of rows) {
      count++;
      yield taggedRow(row, places?.[count - 1] ?? count);
    }
  })();
  const { digest, longestLine, characters } = await spoolTexts(texts, to, {
    shown,
    maxBytes,
    signal: ctx.signal,
  });
  return {
    path: to,
    shown,
    format: 'jsonl',
    scanned: Promise.resolve({ digest }),
    texts: names,
    rowsAre: 'rows',
    notes,
    longestLine,
    isLong: characters >= LONG_BYTES,
  };
}
