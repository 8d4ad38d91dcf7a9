import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { checkJsonEnd } from './check-json-end.ts';
import { ENGINE_TAKES, type Taker } from './check-options.ts';
import { expandFile } from './expand-file.ts';
import { formatOf, isTextFormat } from './file-format.ts';
import { fileSourceOf, tableEndings } from './known-sources.ts';
import type { LocalSource } from './local-source.ts';
import type { ReadContext } from './read-context.ts';
import { recodeFile } from './recode-file.ts';
import { fileSize, scanFile } from './scan-file.ts';
import type { SourceOptions } from './source-options.ts';
import { spoolTyped } from './spool-typed.ts';
import type { OpenedRows, OpenedTable } from './tables/opened-rows.ts';
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
  const size = await fileSize(path, shown);
  const source = fileSourceOf(ctx.sources, path);
  if (source) {
    const scanned = await scanFile(path, shown, false);
    const request = { address: path, shown, told: { ...options, path }, dir };
    const to = join(dir, `${basename(path)}.jsonl`);
    const opened = await source.open(ctx, request);
    const spooled = await spoolOpened(ctx, opened, { to, shown, names: options.names });
    return { ...spooled, scanned: Promise.resolve(scanned) };
  }
  const { maxSourceBytes: maxBytes } = ctx.limits;
  const { format, compression } = formatOf(path, tableEndings(ctx.sources));
  const { signal } = ctx;
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

/** What reads a file of that name. @throws TRS_DATA_FORMAT */
export const takerOf = ({ sources }: Pick<ReadContext, 'sources'>, path: string): Taker =>
  fileSourceOf(sources, path) ?? ENGINE_TAKES[formatOf(path, tableEndings(sources)).format];

interface Spooling {
  /** A file that is not there yet. */
  readonly to: string;
  readonly shown: string;
  readonly names: SourceOptions['names'];
}

/** What a source opened, as a local file. @throws TRS_DATA_EMPTY, TRS_DATA_HEADER, TRS_DATA_TOO_LARGE */
export async function spoolOpened(
  ctx: ReadContext,
  opened: OpenedRows | OpenedTable,
  { to, shown, names }: Spooling,
): Promise<LocalSource> {
  try {
    return opened.kind === 'table'
      ? await spoolTyped(ctx, opened, to, shown, names)
      : await spoolUntyped(ctx, opened, to, shown);
  } finally {
    await opened.close?.();
  }
}

/** Rows of which each value has a type of its own, as a local file. */
async function spoolUntyped(
  ctx: ReadContext,
  { names, rows, places, notes = [] }: OpenedRows,
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
    notes: [...notes],
    longestLine,
    isLong: characters >= LONG_BYTES,
  };
}

/** Whether a file begins with the byte-order mark of UTF-8. */
async function hasMark(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(3), 0, 3, 0);
    return bytesRead === 3 && buffer.equals(Buffer.of(0xef, 0xbb, 0xbf));
  } finally {
    await file.close();
  }
}
