import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { safeExtract, shownAddress } from '@trestle/kernel';
import { dataError } from '../data-error.ts';
import { checkOptions } from './check-options.ts';
import { listFolder } from './folders/list-folder.ts';
import { openFolder } from './folders/open-folder.ts';
import { sourceOf } from './known-sources.ts';
import type { LocalSource, OpenedSource } from './local-source.ts';
import { openFile, spoolOpened, takerOf } from './open-file.ts';
import type { ReadContext } from './read-context.ts';
import type { AddressSource } from './source.ts';
import type { SourceOptions } from './source-options.ts';

/**
 * Makes local files of what a user named: a path, a folder or a glob, or an address, which the source of its scheme opens: as
 * rows, a file, or the files of a folder.
 *
 * @param dir an empty folder for what is fetched, extracted or written
 */
export async function openSource(
  ctx: ReadContext,
  options: SourceOptions,
  dir: string,
): Promise<OpenedSource> {
  const shown = options.path;
  const source = sourceOf(ctx.sources, shown);
  if (source) return await openAddress(ctx, source, options, dir);
  const found = await listFolder(ctx, shown);
  const files =
    found.kind === 'file'
      ? ([await openPlain(ctx, found.path, shown, options, dir)] as const)
      : await openFolder(ctx, found, options, dir);
  return { shown, files };
}

async function openAddress(
  ctx: ReadContext,
  source: AddressSource,
  options: SourceOptions,
  dir: string,
): Promise<OpenedSource> {
  const { path: address, option, ...others } = options;
  if (!source.isPublic) checkRemoteSource(ctx, address);
  if (source.takes) checkOptions(options, [source], ctx.sources);
  const shown = shownAddress(address);
  const opened = await source.open(ctx, { address, shown, told: options, dir });
  const { revision } = opened;
  const named = opened.shown ?? shown;
  // Its own options were for the source, not for the files that it gives.
  const rest = { ...others, path: address, ...(source.ownOptions.length > 0 ? {} : { option }) };
  const files = async (): Promise<OpenedSource['files']> => {
    switch (opened.kind) {
      case 'file':
        return [await openPlain(ctx, opened.path, named, rest, dir)];
      case 'folder':
        return await openFolder(ctx, opened, rest, dir);
      default:
        checkOptions(options, [source], ctx.sources);
        return [await spoolOpened(ctx, opened, { to: join(dir, 'rows.jsonl'), shown, names: options.names })];
    }
  };
  return { shown: named, files: await files(), ...(revision === undefined ? {} : { revision }) };
}

async function openPlain(
  ctx: ReadContext,
  path: string,
  shown: string,
  options: SourceOptions,
  dir: string,
): Promise<LocalSource> {
  if (!path.toLowerCase().endsWith('.zip')) {
    checkOptions(options, [takerOf(ctx, path)], ctx.sources);
    return await openFile(ctx, path, shown, options, dir);
  }
  const extracted = join(dir, 'extracted');
  await safeExtract(path, extracted, { maxTotalBytes: ctx.limits.maxSourceBytes });
  const names = (await readdir(extracted, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const [only, ...more] = names;
  if (only && more.length === 0) {
    checkOptions(options, [takerOf(ctx, only.name)], ctx.sources);
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

/**
 * A caller of the server must not reach with the server's credentials, and from its network, what the server's owner did not
 * allow. @throws TRS_DATA_SOURCE_REFUSED
 */
function checkRemoteSource(ctx: ReadContext, named: string): void {
  if (ctx.surface !== 'http') return;
  const url = URL.parse(named);
  const where = url === null ? '' : `${url.protocol}//${url.host}`;
  if (ctx.limits.allowSources.includes(where)) return;
  throw dataError('SOURCE_REFUSED', {
    kind: 'denied',
    message: `Rows from ${where} may not be added through the server.`,
    hint: 'Its owner can allow it: data.allowSources in the configuration, for example ["s3://my-bucket"].',
    details: { source: where },
  });
}
