import { dataError } from '../data-error.ts';
import type { FileFormat } from './file-format.ts';
import type { LimitedOption, Source } from './source.ts';
import type { SourceOptions } from './source-options.ts';

/** Something that rows are read from, and the limited options that it takes. */
export type Taker = Pick<Source, 'title' | 'takes' | 'ownOptions'>;

const taker = (title: string, ...takes: LimitedOption[]): Taker => ({ title, takes, ownOptions: [] });

const DELIMITED: readonly LimitedOption[] = ['delimiter', 'quote', 'header', 'encoding'];

/** What the engine reads itself. */
export const ENGINE_TAKES: Readonly<Record<FileFormat, Taker>> = {
  csv: taker('CSV', ...DELIMITED),
  tsv: taker('TSV', ...DELIMITED),
  json: taker('JSON', 'encoding'),
  jsonl: taker('JSON lines', 'encoding'),
  parquet: taker('Parquet'),
};

export const IMAGES = taker('folders of images', 'labels');
export const TEXTS = taker('folders of texts', 'labels');

const LIMITED: readonly (LimitedOption | 'option')[] = [
  'query',
  'sheet',
  'labels',
  'delimiter',
  'quote',
  'header',
  'encoding',
  'option',
];

const doesTake = ({ takes, ownOptions }: Taker, option: (typeof LIMITED)[number]): boolean =>
  option === 'option' ? ownOptions.length > 0 : (takes?.includes(option) ?? false);

const titles = (takers: readonly Taker[]): string =>
  [...new Set(takers.map(({ title }) => title))].join(', ');

/**
 * An option that the source has no use for is refused: whoever gave it expects something of it.
 *
 * @param made what the source is made of
 * @param sources those that there are, of which the hint tells
 * @throws TRS_DATA_OPTION
 */
export function checkOptions(
  options: SourceOptions,
  made: readonly Taker[],
  sources: readonly Source[],
): void {
  for (const option of LIMITED) {
    if (options[option] === undefined || made.some((one) => doesTake(one, option))) continue;
    const takers = [...Object.values(ENGINE_TAKES), ...sources, IMAGES, TEXTS].filter((one) =>
      doesTake(one, option),
    );
    throw dataError('OPTION', {
      kind: 'invalid',
      message: `--${option} says nothing about "${options.path}": it is of ${titles(made)}.`,
      hint: `--${option} is for ${titles(takers) || 'sources of plugins that have options'}. Leave it out, or name another source.`,
      details: { option },
    });
  }
}
