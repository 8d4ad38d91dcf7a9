import type { ImageColumn, TableColumn, UsualColumns } from '@trestle/features';
import { isImageText } from '@trestle/model';

type Column = Exclude<TableColumn, ImageColumn>;

/** What a column is, as it decides how it is encoded when nothing else is said. */
export type Sorted =
  | { readonly kind: 'numbers' | 'strings' | 'many' | 'texts' }
  | { readonly kind: 'dates'; readonly parts: readonly string[] }
  | { readonly kind: 'left out'; readonly reason: string };

/** A text column with nearly as many values as rows names its rows; nothing is learnt from a name. */
const IDENTIFIER_SHARE = 0.9;
/** Of more values each has few rows. */
const FEW_VALUES = 50;
/** Of shorter texts, and such with fewer words, the words say no more than the whole. */
const [TEXT_LENGTH, TEXT_WORDS] = [20, 4];
/** What calls a whole number that differs in each row a name of it. */
const ID_NAME =
  /^(unnamed.*|column\d+|index|idx|key|row ?(number|no|id)?|nr|no|number|record ?(id|no)?)$|(^| )(id|ids|uuid|guid)$/i;
const DAY = 86_400_000;

/** @param rows of the training part */
export function sortColumn(name: string, column: Column, rows: number): Sorted {
  return column.type === 'string' ? sortTexts(column.values, rows) : sortNumbers(name, column, rows);
}

/** Sorts columns into groups as they come. */
export function usualColumns(sorted: readonly (readonly [name: string, sorted: Sorted])[]): UsualColumns {
  const of = (kind: Sorted['kind']): readonly string[] =>
    sorted.flatMap(([name, one]) => (one.kind === kind ? [name] : []));
  return {
    // A time is a number, too: what changes from year to year.
    numbers: sorted.flatMap(([name, { kind }]) => (kind === 'numbers' || kind === 'dates' ? [name] : [])),
    strings: of('strings'),
    many: of('many'),
    texts: of('texts'),
    dates: sorted.flatMap(([name, one]) =>
      one.kind === 'dates' && one.parts.length > 0 ? [{ name, parts: one.parts }] : [],
    ),
  };
}

const leftOut = (reason: string): Sorted => ({ kind: 'left out', reason });

function sortTexts(values: readonly string[], rows: number): Sorted {
  const present = values.filter((value) => value !== '');
  const distinct = new Set(values).size;
  if (present.length === 0) return leftOut('it has no values');
  if (distinct === 1) return leftOut('it is always the same');
  if (isImageText(present[0] ?? ''))
    return leftOut(
      'it holds images, which --features makes features of: {"image": {"kind": "image", "size": [28, 28]}}',
    );
  if (distinct <= FEW_VALUES) return { kind: 'strings' };
  const mean = (of: (text: string) => number): number =>
    present.reduce((sum, text) => sum + of(text), 0) / present.length;
  if (mean((text) => text.length) >= TEXT_LENGTH && mean((text) => text.split(/\s+/).length) >= TEXT_WORDS)
    return { kind: 'texts' };
  return distinct > rows * IDENTIFIER_SHARE
    ? leftOut('it differs in nearly every row, like an identifier')
    : { kind: 'many' };
}

function sortNumbers(name: string, column: Exclude<Column, { type: 'string' }>, rows: number): Sorted {
  const present = column.values.filter((value) => !Number.isNaN(value));
  const [first] = present;
  if (first === undefined) return leftOut('it has no values');
  if (present.length === rows && present.every((value) => value === first))
    return leftOut('it is always the same');
  if (column.type === 'timestamp') return { kind: 'dates', parts: periodsOf(present) };
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/[_\s-]+/g, ' ')
    .trim();
  const isName =
    column.type === 'number' &&
    rows > FEW_VALUES &&
    (words === '' || ID_NAME.test(words)) &&
    present.every(Number.isInteger) &&
    new Set(present).size > rows * IDENTIFIER_SHARE;
  return isName
    ? leftOut('a whole number that differs in nearly every row, like an identifier')
    : { kind: 'numbers' };
}

/** The periods that come again in the times: of the year where there is one, of the week, of the day where hours are told. */
function periodsOf(times: Float64Array): readonly string[] {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const time of times) {
    least = Math.min(least, time);
    greatest = Math.max(greatest, time);
  }
  const span = greatest - least;
  return [
    ...(span >= 365 * DAY ? ['year'] : []),
    ...(span >= 14 * DAY ? ['week'] : []),
    ...(times.some((time) => time % DAY !== 0) ? ['day'] : []),
  ];
}
