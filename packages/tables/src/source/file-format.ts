import { dataError } from '../data-error.ts';

/** What the engine reads itself. */
export type FileFormat = 'csv' | 'tsv' | 'json' | 'jsonl' | 'parquet';

const FORMATS: Readonly<Record<string, FileFormat>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  parquet: 'parquet',
};

export const ENGINE_ENDINGS: readonly string[] = Object.keys(FORMATS).map((end) => `.${end}`);

export const isTextFormat = (format: FileFormat): boolean => format !== 'parquet';

export interface NamedFormat {
  readonly format: FileFormat;
  readonly compression: 'gzip' | 'zstd' | 'none';
}

export function compressionFromName(path: string): NamedFormat['compression'] {
  const lower = path.toLowerCase();
  return lower.endsWith('.gz') ? 'gzip' : lower.endsWith('.zst') ? 'zstd' : 'none';
}

/** The format that the end of a name says, if it says one; texts may be compressed. */
export function formatFromName(path: string): NamedFormat | undefined {
  const lower = path.toLowerCase();
  const compression = compressionFromName(path);
  const bare = compression === 'none' ? lower : lower.slice(0, lower.lastIndexOf('.'));
  const format = FORMATS[bare.slice(bare.lastIndexOf('.') + 1)];
  return format && (compression === 'none' || isTextFormat(format)) ? { format, compression } : undefined;
}

/** The same of a file that must have one. @param endings all that could have been meant @throws TRS_DATA_FORMAT */
export function formatOf(path: string, endings: readonly string[] = ENGINE_ENDINGS): NamedFormat {
  const named = formatFromName(path);
  if (named) return named;
  throw dataError('FORMAT', {
    kind: 'invalid',
    message: `The format of "${path}" is not known from its name.`,
    hint: `Use a name that ends with ${endings.join(', ')}; texts may also end with .gz or .zst.`,
  });
}
