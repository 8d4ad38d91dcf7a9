import { dataError } from '../data-error.ts';
import type { FileFormat } from './file-format.ts';
import type { SourceOptions } from './source-options.ts';

type Kind = FileFormat | 'image' | 'text' | 'server';

const DELIMITED: readonly Kind[] = ['csv', 'tsv'];
const TEXTS: readonly Kind[] = [...DELIMITED, 'json', 'jsonl'];

/** Which sources an option speaks of; one that is not here speaks of all. */
const TAKEN_BY: Readonly<Partial<Record<keyof SourceOptions, readonly Kind[]>>> = {
  query: ['sqlite', 'server'],
  sheet: ['excel'],
  labels: ['image', 'text'],
  delimiter: DELIMITED,
  quote: DELIMITED,
  header: [...DELIMITED, 'excel'],
  encoding: TEXTS,
};

const NAMES: Readonly<Record<Kind, string>> = {
  csv: 'CSV',
  tsv: 'TSV',
  json: 'JSON',
  jsonl: 'JSON lines',
  parquet: 'Parquet',
  arrow: 'Arrow',
  excel: 'Excel',
  sqlite: 'SQLite',
  image: 'folders of images',
  text: 'folders of texts',
  server: 'database servers',
};

const named = (kinds: readonly Kind[]): string => kinds.map((kind) => NAMES[kind]).join(', ');

/**
 * An option that the source has no use for is refused: whoever gave it expects something of it.
 *
 * @param kinds what the source is made of
 * @throws TRS_DATA_OPTION
 */
export function checkOptions(options: SourceOptions, kinds: readonly Kind[]): void {
  for (const [option, taken] of Object.entries(TAKEN_BY)) {
    if (options[option as keyof SourceOptions] === undefined || kinds.some((kind) => taken.includes(kind)))
      continue;
    throw dataError('OPTION', {
      kind: 'invalid',
      message: `--${option} says nothing about "${options.path}": it is of ${named([...new Set(kinds)])}.`,
      hint: `--${option} is for ${named(taken)}. Leave it out, or name another source.`,
      details: { option },
    });
  }
}
