import { mkdir } from 'node:fs/promises';
import { extname, join, posix } from 'node:path';
import type { Context } from '@trestle/kernel';
import { dataError } from '../../data-error.ts';
import { formatFromName } from '../file-format.ts';
import type { LocalSource, OpenedSource } from '../local-source.ts';
import { openFile } from '../open-file.ts';
import type { SourceOptions } from '../source-options.ts';
import { spoolTyped } from '../spool-typed.ts';
import { imageRows, isImage } from './image-rows.ts';
import type { FoundFile } from './list-folder.ts';
import { readLabels } from './read-labels.ts';
import { isText, textRows } from './text-rows.ts';

/** The files of a folder: each table a source of its own; images and texts as rows, a source for each of their folders. */
export async function openFolder(
  ctx: Context,
  { files }: { readonly files: readonly FoundFile[] },
  options: SourceOptions,
  dir: string,
): Promise<OpenedSource['files']> {
  const kinds = groupBy(files, ({ relative }) =>
    isImage(relative)
      ? 'images'
      : isText(relative)
        ? 'texts'
        : formatFromName(relative)
          ? 'tables'
          : 'others',
  );
  const [kind = 'others', ...more] = [...kinds.keys()].toSorted();
  if (more.length > 0 || kind === 'others') throw mixed(options.path, kinds);
  const sources: LocalSource[] = [];
  if (kind === 'tables') {
    for (const [index, file] of files.entries()) {
      // Files of one name may lie in several folders.
      const own = join(dir, `source-${index}`);
      await mkdir(own);
      sources.push(await openFile(ctx, file.path, file.relative, options, own));
    }
  } else {
    const labels = options.labels === undefined ? undefined : await readLabels(ctx, options.labels, dir);
    const groups = groupBy(files, ({ relative }) => posix.dirname(relative));
    for (const [folder, inside] of groups) {
      const labelOf = ({ relative }: FoundFile): string | null =>
        labels ? (labels.get(relative) ?? null) : folder === '.' ? null : posix.basename(folder);
      const rows = kind === 'images' ? imageRows(inside, labelOf) : textRows(inside, labelOf);
      sources.push(await spoolTyped(ctx, rows, join(dir, `rows-${sources.length}.jsonl`), folder));
    }
  }
  const [first, ...rest] = sources;
  if (!first) throw mixed(options.path, kinds);
  return [first, ...rest];
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

function mixed(named: string, kinds: ReadonlyMap<string, readonly FoundFile[]>) {
  const others = new Set((kinds.get('others') ?? []).map((file) => extname(file.relative) || file.relative));
  return dataError('FOLDER_MIXED', {
    kind: 'invalid',
    message: `"${named}" holds ${[...kinds].map(([kind, files]) => `${files.length} ${kind}`).join(', ')}.`,
    hint: `A dataset is made of files of one kind; name them with a glob, for example "${named.replace(/\/$/, '')}/**/*.csv".${others.size > 0 ? ` Not known: ${[...others].slice(0, 10).join(', ')}.` : ''}`,
    details: { kinds: Object.fromEntries([...kinds].map(([kind, files]) => [kind, files.length])) },
  });
}
