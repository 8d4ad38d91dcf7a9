import { mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { checkUrl, safeExtract, safeFetch, shownAddress } from '@trestle/kernel';
import { dataError } from '../data-error.ts';
import { checkOptions } from './check-options.ts';
import { checkRemoteSource } from './check-remote-source.ts';
import { formatOf } from './file-format.ts';
import { listFolder } from './folders/list-folder.ts';
import { openFolder } from './folders/open-folder.ts';
import type { LocalSource, OpenedSource } from './local-source.ts';
import { openDatabase } from './open-database.ts';
import { openFile } from './open-file.ts';
import type { ReadContext } from './read-context.ts';
import { isPrefix, s3Name } from './s3/list-objects.ts';
import { openPrefix } from './s3/open-prefix.ts';
import { signedAddress } from './s3/signed-address.ts';
import type { SourceOptions } from './source-options.ts';

/**
 * Makes local files of what a user named: a path, a folder or a glob, an http(s) or s3 address or the objects below an S3
 * prefix (fetched), a .zip with one file in it (extracted), or a query on a database (its rows streamed to the disk).
 *
 * @param dir an empty folder for what is fetched, extracted or written
 */
export async function openSource(
  ctx: ReadContext,
  options: SourceOptions,
  dir: string,
): Promise<OpenedSource> {
  const named = options.path;
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(named)?.[1]?.toLowerCase();
  switch (scheme) {
    case undefined:
      return await openPath(ctx, options, dir);
    case 'http':
    case 'https':
      return await fetched(ctx, { address: named, shown: shownAddress(named) }, options, dir);
    case 's3': {
      checkRemoteSource(ctx, named);
      const name = s3Name(named);
      if (isPrefix(name)) return { shown: named, files: await openPrefix(ctx, name, options, dir) };
      // A plus sign in an address could be taken for a space.
      const path = new URL(named).pathname.slice(1).replaceAll('+', '%2B');
      const signed = await signedAddress({ bucket: name.bucket, path });
      return await fetched(ctx, { ...signed, shown: named }, options, dir);
    }
    case 'postgres':
    case 'postgresql':
    case 'mysql':
    case 'mariadb':
      checkRemoteSource(ctx, named);
      return await openDatabase(ctx, options, dir);
    default:
      throw dataError('FORMAT', {
        kind: 'invalid',
        message: `"${scheme}" is no kind of address that rows are read from.`,
        hint: 'Use https, s3, postgres or mysql, or a path.',
      });
  }
}

async function fetched(
  ctx: ReadContext,
  from: { readonly address: string; readonly shown: string; readonly host?: string },
  options: SourceOptions,
  dir: string,
): Promise<OpenedSource> {
  const { maxSourceBytes, allowPrivateHosts } = ctx.limits;
  const path = join(dir, basename(checkUrl(from.address).pathname) || 'download');
  ctx.progress({ step: `fetching ${from.shown}` });
  await safeFetch(from.address, {
    to: path,
    maxBytes: maxSourceBytes,
    // Who runs the process chose the endpoint of S3.
    allowPrivateHosts: [...allowPrivateHosts, ...(from.host === undefined ? [] : [from.host])],
    signal: ctx.signal,
  });
  return { shown: from.shown, files: [await openPlain(ctx, path, from.shown, options, dir)] };
}

async function openPath(ctx: ReadContext, options: SourceOptions, dir: string): Promise<OpenedSource> {
  const shown = options.path;
  const found = await listFolder(ctx, shown);
  if (found.kind === 'file') return { shown, files: [await openPlain(ctx, found.path, shown, options, dir)] };
  return { shown, files: await openFolder(ctx, found, options, dir) };
}

async function openPlain(
  ctx: ReadContext,
  path: string,
  shown: string,
  options: SourceOptions,
  dir: string,
): Promise<LocalSource> {
  if (!path.toLowerCase().endsWith('.zip')) {
    checkOptions(options, [formatOf(path).format]);
    return await openFile(ctx, path, shown, options, dir);
  }
  const extracted = join(dir, 'extracted');
  await safeExtract(path, extracted, { maxTotalBytes: ctx.limits.maxSourceBytes });
  const names = (await readdir(extracted, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const [only, ...more] = names;
  if (only && more.length === 0) {
    checkOptions(options, [formatOf(only.name).format]);
    const inside = join(dir, 'inside');
    await mkdir(inside);
    return await openFile(ctx, join(only.parentPath, only.name), shown, options, inside);
  }
  throw dataError('ARCHIVE', {
    kind: 'invalid',
    message: `"${shown}" holds ${names.length} files; a dataset is made of one.`,
    hint: 'Extract it, and add the file or the folder that you mean.',
  });
}
