import { readFile, stat } from 'node:fs/promises';
import { dataError } from '../../data-error.ts';
import type { OpenedTable } from '../tables/opened-rows.ts';
import type { FoundFile } from './list-folder.ts';

/** One image is one value of a row, and is in memory as a whole. */
const MAX_IMAGE_BYTES = 64 * 2 ** 20;

export const isImage = (name: string): boolean => /\.(png|jpe?g|gif|webp|bmp|tiff?)$/i.test(name);

/** A row for each image: its file as base64, its size, and a label. @throws TRS_DATA_IMAGE naming a file that is none */
export function imageRows(
  files: readonly FoundFile[],
  labelOf: (file: FoundFile) => string | null,
): OpenedTable {
  return {
    kind: 'table',
    columns: [
      { name: 'file', type: 'string', about: 'file' },
      { name: 'label', type: 'string' },
      { name: 'format', type: 'string', about: 'file' },
      { name: 'width', type: 'integer', about: 'file' },
      { name: 'height', type: 'integer', about: 'file' },
      { name: 'bytes', type: 'integer', about: 'file' },
      { name: 'image', type: 'string' },
    ],
    rows: (async function* () {
      const { imageSize } = await import('image-size');
      for (const file of files) {
        const { size } = await stat(file.path);
        if (size > MAX_IMAGE_BYTES)
          throw notAnImage(file.relative, `it has more than ${MAX_IMAGE_BYTES} bytes`);
        const content = await readFile(file.path);
        const found = measure(() => imageSize(content), file.relative);
        yield [file.relative, labelOf(file), found.type ?? null, found.width, found.height, size, content];
      }
    })(),
  };
}

function measure<T>(work: () => T, name: string): T {
  try {
    return work();
  } catch (cause) {
    throw notAnImage(name, cause instanceof Error ? cause.message : String(cause));
  }
}

const notAnImage = (name: string, why: string) =>
  dataError('IMAGE', {
    kind: 'invalid',
    message: `"${name}" cannot be read as an image: ${why}.`,
    hint: 'Remove it, or write it again.',
    details: { file: name },
  });
