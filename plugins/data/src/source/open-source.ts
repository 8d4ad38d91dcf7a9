import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Context, checkUrl, safeExtract, safeFetch, shownAddress } from '@trestle/kernel';
import { dataConfig } from '../data-config.ts';
import { dataError } from '../data-error.ts';
import { checkJsonEnd } from './check-json-end.ts';
import { type FileFormat, formatOf } from './file-format.ts';
import { scanFile } from './scan-file.ts';

/** A source on the local disk, looked at once. */
export interface LocalSource {
  readonly path: string;
  /** What the user called it. */
  readonly shown: string;
  readonly format: FileFormat;
  /** SHA-256 of the file, in hex. */
  readonly digest: string;
}

/**
 * Makes a local file of what a user named: a path, an http(s) address (fetched), or a .zip with one file in it (extracted).
 *
 * @param dir an empty folder for what is fetched or extracted
 */
export async function openSource(ctx: Context, named: string, dir: string): Promise<LocalSource> {
  const { maxSourceBytes, allowPrivateHosts } = ctx.config(dataConfig);
  let path: string;
  let shown = named;
  if (/^https?:\/\//i.test(named)) {
    shown = shownAddress(named);
    path = join(dir, basename(checkUrl(named).pathname) || 'download');
    ctx.progress({ step: `fetching ${shown}` });
    await safeFetch(named, { to: path, maxBytes: maxSourceBytes, allowPrivateHosts, signal: ctx.signal });
  } else {
    path = await ctx.files.read(named);
  }
  if (path.toLowerCase().endsWith('.zip'))
    path = await extractOne(path, shown, join(dir, 'extracted'), maxSourceBytes);
  const { format, compression } = formatOf(path);
  const isText = format !== 'parquet' && compression === 'none';
  const { digest } = await scanFile(path, shown, isText);
  if (format === 'json' && isText) await checkJsonEnd(path, shown);
  return { path, shown, format, digest };
}

async function extractOne(path: string, named: string, dir: string, maxBytes: number): Promise<string> {
  await safeExtract(path, dir, { maxTotalBytes: maxBytes });
  const names = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const [only, ...more] = names;
  if (only && more.length === 0) return join(only.parentPath, only.name);
  throw dataError('ARCHIVE', {
    kind: 'invalid',
    message: `"${named}" holds ${names.length} files; a dataset is made of one.`,
    hint: 'Extract it, and add the file that you mean.',
  });
}
