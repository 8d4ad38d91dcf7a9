import { extname } from 'node:path';
import { dataError } from '../../data-error.ts';
import { isTable } from '../known-sources.ts';
import type { Source } from '../source.ts';
import { groupBy } from './group-by.ts';
import { isImage } from './image-rows.ts';
import { isText } from './text-rows.ts';

type Named = { readonly relative: string };

/** What the files of a folder are by their names. @throws TRS_DATA_FOLDER_MIXED when that is several things, or nothing known */
export function folderKind(
  sources: readonly Source[],
  files: readonly Named[],
  named: string,
): 'images' | 'texts' | 'tables' {
  const kinds = groupBy(files, ({ relative }) => kindOf(sources, relative));
  const [kind = 'others', ...more] = kinds.keys();
  if (more.length > 0 || kind === 'others') throw mixed(named, kinds);
  return kind;
}

const kindOf = (sources: readonly Source[], relative: string) =>
  isImage(relative)
    ? 'images'
    : isText(relative)
      ? 'texts'
      : isTable(sources, relative)
        ? 'tables'
        : 'others';

function mixed(named: string, kinds: ReadonlyMap<string, readonly Named[]>) {
  const others = new Set((kinds.get('others') ?? []).map((file) => extname(file.relative) || file.relative));
  return dataError('FOLDER_MIXED', {
    kind: 'invalid',
    message: `"${named}" holds ${[...kinds].map(([kind, files]) => `${files.length} ${kind}`).join(', ')}.`,
    hint: `A dataset is made of files of one kind; name them with a glob, for example "${named.replace(/\/$/, '')}/**/*.csv".${others.size > 0 ? ` Not known: ${[...others].slice(0, 10).join(', ')}.` : ''}`,
    details: { kinds: Object.fromEntries([...kinds].map(([kind, files]) => [kind, files.length])) },
  });
}
