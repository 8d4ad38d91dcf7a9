import { dataError } from '../data-error.ts';

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

/** Formats by the ends of names; text ones may be compressed. @throws TRS_DATA_FORMAT */
export function formatOf(path: string): {
  readonly format: FileFormat;
  readonly compression: 'gzip' | 'zstd' | 'none';
} {
  const lower = path.toLowerCase();
  const compression = lower.endsWith('.gz') ? 'gzip' : lower.endsWith('.zst') ? 'zstd' : 'none';
  const bare = compression === 'none' ? lower : lower.slice(0, lower.lastIndexOf('.'));
  const format = FORMATS[bare.slice(bare.lastIndexOf('.') + 1)];
  if (format) return { format, compression };
  throw dataError('FORMAT', {
    kind: 'invalid',
    message: `The format of "${path}" is not known from its name.`,
    hint: `Use a name that ends with ${Object.keys(FORMATS)
      .map((end) => `.${end}`)
      .join(', ')}; texts may also end with .gz or .zst.`,
  });
}
