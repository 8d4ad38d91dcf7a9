import { mkdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { checkOptions, IMAGES, TEXTS } from '../check-options.ts';
import type { LocalSource, OpenedSource } from '../local-source.ts';
import { openFile, takerOf } from '../open-file.ts';
import type { ReadContext } from '../read-context.ts';
import type { SourceOptions } from '../source-options.ts';
import { spoolTyped } from '../spool-typed.ts';
import { cutFiles } from './cut-files.ts';
import { folderColumns } from './folder-columns.ts';
import { folderKind } from './folder-kind.ts';
import { groupBy } from './group-by.ts';
import { imageRows } from './image-rows.ts';
import { type FoundFile, nothingNamed } from './list-folder.ts';
import { readLabels } from './read-labels.ts';
import { textRows } from './text-rows.ts';

/** Of one part: the engine holds several parts at a time when it reads, and a few times as much of one when it writes. */
const MAX_PART_BYTES = 16 * 2 ** 20;

/** The files of a folder: each table a source of its own; images and texts as rows, a source for each of their folders, or several. */
export async function openFolder(
  ctx: ReadContext,
  { files }: { readonly files: readonly FoundFile[] },
  options: SourceOptions,
  dir: string,
): Promise<OpenedSource['files']> {
  const kind = folderKind(ctx.sources, files, options.path);
  checkOptions(
    options,
    kind === 'tables' ? files.map(({ path }) => takerOf(ctx, path)) : [kind === 'images' ? IMAGES : TEXTS],
    ctx.sources,
  );
  const sources: LocalSource[] = [];
  if (kind === 'tables') {
    for (const [index, file] of files.entries()) {
      // Files of one name may lie in several folders.
      const own = join(dir, `source-${index}`);
      await mkdir(own);
      const source = await openFile(ctx, file.path, file.shown ?? file.relative, options, own);
      await source.scanned;
      const folders = folderColumns(file.relative);
      sources.push(folders.size === 0 ? source : { ...source, folders });
    }
  } else {
    const labels = options.labels === undefined ? undefined : await readLabels(ctx, options.labels, dir);
    const groups = groupBy(files, ({ relative }) => posix.dirname(relative));
    for (const [folder, together] of groups) {
      const labelOf = ({ relative }: FoundFile): string | null =>
        labels ? (labels.get(relative) ?? null) : folder === '.' ? null : posix.basename(folder);
      for (const files of await cutFiles(together, MAX_PART_BYTES)) {
        const rows = kind === 'images' ? imageRows(files, labelOf) : textRows(files, labelOf);
        sources.push(
          await spoolTyped(ctx, rows, join(dir, `rows-${sources.length}.jsonl`), folder, options.names),
        );
      }
    }
  }
  const [first, ...rest] = sources;
  if (!first) throw nothingNamed(options.path);
  return [first, ...rest];
}
