import { shellWord } from '@trestle/kernel';
import type { Engine } from '../../engine/engine.ts';
import { literal } from '../../engine/quote.ts';
import { type Numerals, plainNumber } from './numerals.ts';
import { type ColumnReading, losesDigits, misfits, NULL_WORDS, type Said } from './prove-types.ts';
import { type RawColumn, type RawTable, textOf, valueTextOf } from './raw-table.ts';
import type { RecordShape } from './record-lines.ts';
import { findMisfits, placeWord } from './refuse-misfits.ts';
import type { Spelling } from './spelling.ts';

/** A table that was looked at. */
export interface Seen {
  readonly table: RawTable;
  readonly look: string;
  readonly isWhole: boolean;
  readonly shape: RecordShape | undefined;
}

/** Columns of which something is said. */
const MOST_NOTES = 30;
/** So many values in a hundred are nearly all. */
const NEARLY_ALL = 0.9;
const MOST_WORDS = 5;

const WORDS: Readonly<Record<string, string>> = {
  integer: 'whole number',
  number: 'number',
  boolean: 'truth',
  timestamp: 'time',
};

/**
 * What a person is to know of columns that stay texts though they look like something else, each with the option that makes it
 * that: nothing is guessed.
 */
export async function typeNotes(
  engine: Engine,
  seen: readonly Seen[],
  readings: readonly ColumnReading[],
  said: Said,
): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const one of readings) {
    if (one.isSaid || one.spelling !== undefined || one.values === 0) continue;
    if (notes.length === MOST_NOTES) return [...notes, 'More columns are like these.'];
    const note = (await nearNote(engine, seen, one, said)) ?? (await lookNote(engine, seen, one));
    if (note !== undefined) notes.push(note);
  }
  const isUsed = (key: string): boolean => readings.some(({ spelling }) => spelling?.key.startsWith(key));
  if (
    said.dateFormat !== undefined &&
    !isUsed('date format') &&
    !isUsed('given timestamp') &&
    seen.length > 0
  )
    notes.push(`No column holds times that are all written as --date-format ${said.dateFormat}.`);
  return notes;
}

/** Of a column of which all values but some are of a type. */
async function nearNote(
  engine: Engine,
  seen: readonly Seen[],
  { name, values, near }: ColumnReading,
  said: Said,
): Promise<string | undefined> {
  if (!near || near.fits === 0 || near.fits === values) return undefined;
  const what = WORDS[near.spelling.type];
  const all = seen.every(({ isWhole }) => isWhole)
    ? `its ${count(values)} values`
    : `the first ${count(values)} values`;
  const words = new Map<string, number>();
  for (const one of seen) {
    const raw = columnOf(one, name);
    if (!raw) continue;
    for (const [word, times] of await misfitWords(engine, one, raw, near.spelling, said))
      words.set(word, (words.get(word) ?? 0) + times);
  }
  if (words.size <= MOST_WORDS && [...words.keys()].every((word) => NULL_WORDS.includes(word))) {
    const list = [...words]
      .map(([word, times]) => `${JSON.stringify(word)} (${count(times)} times)`)
      .join(', ');
    return `Column ${JSON.stringify(name)} is text because of ${list}: the rest of ${all} are ${what}s. If that means a missing value: --nulls ${[...words.keys()].map((word) => `${name}=${word}`).join(',')}`;
  }
  if (near.fits < NEARLY_ALL * values) return undefined;
  for (const one of seen) {
    const raw = columnOf(one, name);
    if (!raw) continue;
    const looked = { ...one.table, relation: one.look };
    const { first } = await findMisfits(engine, looked, raw, misfits(raw, near.spelling, said), one.shape);
    const [example] = first;
    if (example)
      return `Column ${JSON.stringify(name)} is text: of ${all}, ${count(values - near.fits)} are no ${what}s, the first ${JSON.stringify(example.text)} in ${placeWord(one.table)} ${example.place} of "${one.table.source.shown}".`;
  }
  return undefined;
}

/** What a person says is a number, or a time, is the nearest one, also where that is not all that stands there. */
export async function lostDigits(
  engine: Engine,
  seen: readonly Seen[],
  readings: readonly ColumnReading[],
  said: Said,
): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const { name, spelling } of readings) {
    const isTime = spelling?.type === 'timestamp' && said.dateFormat?.includes('%n') === true;
    if (!spelling || (spelling.key !== 'given number' && !isTime)) continue;
    const [what, finer, held] = isTime
      ? ['times', 'are finer than a microsecond', 'kept to that']
      : ['numbers', 'have more digits than a number holds', 'the nearest one'];
    for (const one of seen) {
      const raw = columnOf(one, name);
      if (!raw) continue;
      const loses = losesDigits(raw, spelling, said);
      const { count: lost, first } = await findMisfits(engine, one.table, raw, loses, one.shape);
      if (first[0])
        notes.push(
          `Column ${JSON.stringify(name)}: ${count(lost)} of its ${what} in "${one.table.source.shown}" ${finer}, and are ${held}, the first ${JSON.stringify(first[0].text)} in ${placeWord(one.table)} ${first[0].place}. With every digit: --type ${shellWord(`${name}=string`)}`,
        );
    }
  }
  return notes;
}

const count = (number: number): string => number.toLocaleString('en-US');

async function misfitWords(
  engine: Engine,
  { look }: Seen,
  raw: RawColumn,
  spelling: Spelling,
  said: Said,
): Promise<readonly (readonly [string, number])[]> {
  const rows = await engine.rows(
    `SELECT left(${textOf(raw)}, 40) AS word, count(*) AS n FROM ${look} WHERE ${misfits(raw, spelling, said)} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${MOST_WORDS + 1}`,
  );
  return rows.map(({ word, n }) => [String(word), Number(n)] as const);
}

/** What a column of texts may be, and what to say to make it that. */
interface Possibility {
  /** SQL: whether a text is one. */
  readonly fits: (text: string) => string;
  /** Of one that looks like this. */
  readonly example: RegExp;
  readonly note: (name: string, example: string) => string;
}

const TRUTH_WORDS = ['yes', 'no', 'y', 'n', 't', 'f', 'true', 'false', 'on', 'off'];

const written = (numerals: Numerals, options: string, example: RegExp): Possibility => ({
  example,
  fits: (text) => `${plainNumber(text, numerals)} IS NOT NULL`,
  note: (name, example) =>
    `Column ${JSON.stringify(name)} is text: it holds what may be numbers, such as ${JSON.stringify(example)}. ${options} reads them.`,
});

const NUMBERS: readonly Possibility[] = [
  {
    example: /^ +[-+]?[0-9.]/,
    fits: (text) => `regexp_full_match(${text}, ' +[-+]?[0-9.]+')`,
    note: (name, example) =>
      `Column ${JSON.stringify(name)} is text: its values, such as ${JSON.stringify(example)}, begin with a space. Where each delimiter has one behind it: --delimiter ", "`,
  },
  {
    example: /[0-9.] +$/,
    fits: (text) => `regexp_full_match(${text}, ' *[-+]?[0-9.]+ *')`,
    note: (name, example) =>
      `Column ${JSON.stringify(name)} is text: some of its values, such as ${JSON.stringify(example)}, end with a space. Take those out: sed -E 's/ +(,|$)/\\1/g' FILE`,
  },
  {
    example: /^-?[1-9][0-9]{18,}$/,
    fits: (text) => `regexp_full_match(${text}, '-?(0|[1-9][0-9]*)')`,
    note: (name, example) =>
      `Column ${JSON.stringify(name)} is text: whole numbers such as ${JSON.stringify(example)} have more digits than 64 bits hold.`,
  },
  {
    example: /^[-+]?[0-9.]/,
    fits: (text) =>
      `regexp_full_match(${text}, '[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?') AND NOT regexp_full_match(${text}, '[-+]?[0-9]+')`,
    note: (name, example) =>
      `Column ${JSON.stringify(name)} is text: its numbers, such as ${JSON.stringify(example)}, are not all written in one way, and would not come back as they are. Where only their values matter: --type ${shellWord(`${name}=number`)}`,
  },
  written({ thousands: ',' }, '--thousands ,', /^-?[0-9]+,[0-9]{3}/),
  written({ decimal: ',' }, '--decimal ,', /^-?[0-9]+,[0-9]/),
  written({ decimal: ',', thousands: '.' }, '--decimal , --thousands .', /^-?[0-9]+[.,][0-9]/),
  written(
    { decimal: ',', thousands: ' ' },
    '--decimal , --thousands " "',
    /^-?[0-9]+[ \u00a0\u2009\u202f,][0-9]/,
  ),
  written({ thousands: ' ' }, '--thousands " "', /^-?[0-9]+[ \u00a0\u2009\u202f][0-9]{3}/),
  written({ percent: true }, '--percent', /%$/),
  ...['$', '€', '£', '¥'].flatMap((sign) => [
    written({ currency: [sign], thousands: ',' }, `--currency '${sign}' --thousands ,`, /[$€£¥]/),
    written(
      { currency: [sign], thousands: '.', decimal: ',' },
      `--currency '${sign}' --decimal , --thousands .`,
      /[$€£¥]/,
    ),
  ]),
];

/** Days and times that are often written so, without the ways that leave no doubt. */
const FORMATS = [
  '%d/%m/%Y',
  '%m/%d/%Y',
  '%d.%m.%Y',
  '%d-%m-%Y',
  '%m-%d-%Y',
  '%Y/%m/%d',
  '%Y.%m.%d',
  '%d %b %Y',
  '%d-%b-%Y',
  '%b %d, %Y',
].flatMap((day) => [day, `${day} %H:%M`, `${day} %H:%M:%S`, `${day} %I:%M %p`]);
const LOOKS_LIKE_DAY =
  /^(\d{4}[/.-]\d{1,2}[/.-]\d{1,2}|\d{1,2}[/.-](\d{1,2}|[A-Z][a-z]{2})[/.-]\d{4}|\d{1,2} [A-Z][a-z]{2} \d{4}|[A-Z][a-z]{2} \d{1,2}, \d{4})( \d|$)/;
const LOOKS_FINE = /^\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d\.\d{7,9}(Z?)$/;
const LOOKS_ZONED = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*[+-]\d\d/;

/** Of a column of which every value looks like something. */
async function lookNote(
  engine: Engine,
  seen: readonly Seen[],
  { name, values, examples }: ColumnReading,
): Promise<string | undefined> {
  /** Which of some tests every value of the column passes. */
  const everyOne = async (tests: readonly ((text: string) => string)[]): Promise<readonly boolean[]> => {
    const found = tests.map(() => 0);
    for (const one of seen) {
      const raw = columnOf(one, name);
      if (!raw || raw.isTagged) continue;
      const text = valueTextOf(raw);
      const list = tests.map((fits, index) => `count_if(${fits(text)}) AS n${index}`);
      const [row = {}] = await engine.rows(`SELECT ${list.join(', ')} FROM ${one.look}`);
      for (const index of found.keys()) found[index] = (found[index] ?? 0) + Number(row[`n${index}`] ?? 0);
    }
    return found.map((count) => count === values);
  };
  const [example = ''] = examples;
  if (LOOKS_LIKE_DAY.test(example)) return await dayNote(engine, seen, name, values, example);
  const fine = LOOKS_FINE.exec(example);
  if (fine)
    return `Column ${JSON.stringify(name)} is text: its times, such as ${JSON.stringify(example)}, are finer than a microsecond. To keep them to that: --date-format ${shellWord(`%Y-%m-%d${fine[1]}%H:%M:%S.%n${fine[2]}`)}`;
  if (LOOKS_ZONED.test(example))
    return `Column ${JSON.stringify(name)} is text: its times, such as ${JSON.stringify(example)}, say how far they are from UTC, which would be lost. To bring them to UTC: --type ${shellWord(`${name}=timestamp`)}`;
  const lower = examples.map((text) => text.toLowerCase());
  if (new Set(lower).size > 1 && lower.every((text) => TRUTH_WORDS.includes(text))) {
    const isTruth = (text: string): string => `lower(${text}) IN (${TRUTH_WORDS.map(literal).join(', ')})`;
    const [isEvery] = await everyOne([isTruth]);
    return isEvery
      ? `Column ${JSON.stringify(name)} is text: ${lower.map((word) => JSON.stringify(word)).join(' and ')} may be words for yes and no. If they are: --type ${shellWord(`${name}=boolean`)}`
      : undefined;
  }
  if (!/[0-9]/.test(example) || example.length > 60) return undefined;
  const possible = NUMBERS.flatMap((one) => {
    const like = examples.find((text) => one.example.test(text));
    return like === undefined ? [] : [{ ...one, like }];
  });
  if (possible.length === 0) return undefined;
  const isFitting = await everyOne(possible.map(({ fits }) => fits));
  const first = possible[isFitting.indexOf(true)];
  return first?.note(name, first.like);
}

/** Days of which each part could be another: what they would be is not guessed. */
async function dayNote(
  engine: Engine,
  seen: readonly Seen[],
  name: string,
  values: number,
  example: string,
): Promise<string | undefined> {
  const totals = FORMATS.map(() => 0);
  for (const one of seen) {
    const raw = columnOf(one, name);
    if (!raw) continue;
    const text = valueTextOf(raw);
    const list = FORMATS.map(
      (format, index) =>
        `count_if(regexp_matches(${text}, '[0-9]') AND try_strptime(${text}, ${literal(format)}) IS NOT NULL) AS f${index}`,
    );
    const [row = {}] = await engine.rows(`SELECT ${list.join(', ')} FROM ${one.look}`);
    for (const index of totals.keys()) totals[index] = (totals[index] ?? 0) + Number(row[`f${index}`] ?? 0);
  }
  const fitting = FORMATS.filter((_, index) => totals[index] === values);
  const options = fitting.map((format) => `--date-format ${/[ ,]/.test(format) ? `"${format}"` : format}`);
  if (fitting.length === 0) return undefined;
  return fitting.length === 1
    ? `Column ${JSON.stringify(name)} is text: its values, such as ${JSON.stringify(example)}, may be times. If they are: ${options[0]}`
    : `Column ${JSON.stringify(name)} is text: values such as ${JSON.stringify(example)} may be days, but what is the day and what the month cannot be told. Say which it is: ${options.join(' or ')}`;
}

const columnOf = ({ table }: Seen, name: string): RawColumn | undefined =>
  table.columns.find((column) => column.name === name);
