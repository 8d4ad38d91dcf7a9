import { isTrestleError } from '@trestle/kernel';
import { dataError } from '../data-error.ts';
import type { LocalSource } from './local-source.ts';

const HINTS: Readonly<Record<LocalSource['format'], string>> = {
  csv: 'Say how it is written: --delimiter, --quote, --type COLUMN=string.',
  tsv: 'Say how it is written: --delimiter, --quote, --type COLUMN=string.',
  json: 'Nothing was added. Mend that place; one object per line is called .jsonl.',
  jsonl: 'Nothing was added. Mend that line; a list of objects is called .json.',
  parquet: 'Nothing was added. It is damaged, cut off or encrypted: copy it or write it again.',
};

/** Does what reads a source; what the engine says of it is told under the name that the user gave it. @throws TRS_DATA_UNREADABLE */
export async function readingSource<T>(source: LocalSource, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isTrestleError(cause) || cause.code !== 'TRS_DATA_ENGINE') throw cause;
    const reason = cause.message.replaceAll(source.path, source.shown).trim().replace(/\.$/, '');
    throw dataError('UNREADABLE', {
      kind: 'invalid',
      message: `"${source.shown}" cannot be read as ${source.format}: ${reason}.`,
      hint: HINTS[source.format],
      details: { source: source.shown, format: source.format },
      cause,
    });
  }
}
