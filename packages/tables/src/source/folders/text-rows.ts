import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { dataError } from '../../data-error.ts';
import type { OpenedTable } from '../tables/opened-rows.ts';
import type { FoundFile } from './list-folder.ts';

const MAX_TEXT_BYTES = 16 * 2 ** 20;

export const isText = (name: string): boolean => /\.(txt|md)$/i.test(name);

/** A row for each text, with a label. @throws TRS_DATA_ENCODING, TRS_DATA_TOO_LARGE naming the file */
export function textRows(
  files: readonly FoundFile[],
  labelOf: (file: FoundFile) => string | null,
): OpenedTable {
  return {
    kind: 'table',
    columns: [
      { name: 'file', type: 'string', about: 'file' },
      { name: 'label', type: 'string' },
      { name: 'text', type: 'string' },
    ],
    rows: (async function* () {
      for (const file of files) {
        if ((await stat(file.path)).size > MAX_TEXT_BYTES) {
          throw dataError('TOO_LARGE', {
            kind: 'too-large',
            message: `"${file.relative}" has more than ${MAX_TEXT_BYTES} bytes, for one text.`,
            hint: 'Split it into several.',
          });
        }
        const content = await readFile(file.path);
        if (!isUtf8(content) || content.includes(0)) {
          throw dataError('ENCODING', {
            kind: 'invalid',
            message: `"${file.relative}" is no UTF-8 text.`,
            hint: 'Save it as UTF-8 (iconv -f LATIN1 -t UTF-8).',
          });
        }
        yield [file.relative, labelOf(file), content.toString('utf8').replace(/^\uFEFF/, '')];
      }
    })(),
  };
}
