import type { ColumnType } from '@trestle/statistics';
import type { Engine, Row } from '../../engine/engine.ts';
import { literal } from '../../engine/quote.ts';
import { givenDecimal, givenSpelling } from './given-spelling.ts';
import { escaped, isPlain, type Numerals, plainNumber } from './numerals.ts';
import { isOfKind, type RawColumn, type RawTable, textOf, valueTextOf } from './raw-table.ts';
import {
  BY_VALUE,
  dateFormat,
  decimal,
  holdsDigits,
  NO_NUMBERS,
  type Spelling,
  spellingsOf,
} from './spelling.ts';

/** What a person said of the types. */
export interface Said {
  readonly types: ReadonlyMap<string, ColumnType>;
  readonly dateFormat: string | undefined;
  readonly numerals: Numerals;
  /** Places of columns that are decimals elsewhere: in what is appended to, or in a source that says its types. */
  readonly scales: ReadonlyMap<string, number>;
}

/** How a column is read: by one spelling, or as it stands. */
export interface ColumnReading {
  readonly name: string;
  /** Undefined: as the texts that stand there. */
  readonly spelling: Spelling | undefined;
  /** A person said the type, or the rows are put behind others of that type. */
  readonly isSaid: boolean;
  /** A text of the column is empty: a missing value where it's of another type. */
  readonly hasEmpty: boolean;
  /** Values that are there, and of them those that the best spelling fits, where another was not found. */
  readonly values: number;
  readonly near: { readonly spelling: Spelling; readonly fits: number } | undefined;
  /** A text of the column, and the longest. */
  readonly examples: readonly string[];
}

/** What counts so far of a column: its texts, and how many each spelling fits. */
interface Counted {
  readonly texts: number;
  readonly values: number;
  readonly fits: readonly number[];
}

/** Statements that ask of more columns take long to plan. */
const COLUMNS_AT_ONCE = 800;

/** Words that stand for a missing value in many files. They are not taken for one unless a person says so. */
export const NULL_WORDS: readonly string[] = [
  'NA',
  'N/A',
  'n/a',
  'na',
  '#N/A',
  'NULL',
  'null',
  'None',
  'NaN',
  'nan',
  'nil',
  '-',
  '--',
  '?',
  '.',
  '\\N',
  // Errors of a workbook.
  '#DIV/0!',
  '#VALUE!',
  '#REF!',
  '#NAME?',
  '#NUM!',
  '#NULL!',
];

/** A table of which all rows are looked at, or the first. */
export interface Look {
  readonly table: Pick<RawTable, 'columns'>;
  /** SQL: what is looked at. */
  readonly relation: string;
}

/**
 * The types that all values of columns are proved to be of, looking at every row of the looks: the first spelling of which every
 * value, written back, gives the text that came. It doesn't depend on the order of rows or tables.
 *
 * @param names the columns, each of which every table has
 */
export async function proveTypes(
  engine: Engine,
  looks: readonly Look[],
  names: readonly string[],
  said: Said,
): Promise<readonly ColumnReading[]> {
  const readings: ColumnReading[] = [];
  for (let at = 0; at < names.length; at += COLUMNS_AT_ONCE)
    readings.push(...(await proveSome(engine, looks, names.slice(at, at + COLUMNS_AT_ONCE), said)));
  return readings;
}

async function proveSome(
  engine: Engine,
  looks: readonly Look[],
  names: readonly string[],
  said: Said,
): Promise<readonly ColumnReading[]> {
  const columns = looks.map(({ table }) => {
    const byName = new Map(table.columns.map((column) => [column.name, column]));
    return names.map((name) => byName.get(name));
  });
  const examples = names.map((): Set<string> => new Set());
  for (const [index, { relation }] of looks.entries()) {
    const found = await examplesOf(engine, relation, columns[index] ?? []);
    for (const [column, texts] of found.entries())
      for (const text of texts) if (typeof text === 'string') examples[column]?.add(text);
  }
  const candidates = names.map((name, index) =>
    candidatesOf(
      name,
      [...(examples[index] ?? [])],
      columns.map((some) => some[index]),
      said,
    ),
  );
  const counted = names.map(
    (_, index): Counted => ({ texts: 0, values: 0, fits: (candidates[index] ?? []).map(() => 0) }),
  );
  // One candidate of each column after the other: most columns are of their first, and an engine plans a question for long.
  const most = Math.max(1, ...candidates.map((some) => some.length));
  for (let turn = 0; turn < most; turn++) {
    const isOpen = (column: number): boolean => {
      const { values, fits } = counted[column] ?? { values: 0, fits: [] };
      return turn === 0 || (values > 0 && turn < fits.length && !fits.slice(0, turn).includes(values));
    };
    if (!names.some((_, column) => isOpen(column))) break;
    for (const [index, { relation }] of looks.entries()) {
      const raws = columns[index] ?? [];
      const questions = raws.map((raw, column) => {
        const spelling = candidates[column]?.[turn];
        if (!raw || !isOpen(column)) return undefined;
        return { raw, spelling, text: `"trestle text ${column}"`, value: `"trestle value ${column}"` };
      });
      const found = await asked(
        engine,
        readRelation(relation, questions, said),
        questions,
        ({ raw, spelling, text, value }) => {
          const fits = spelling ? [`count_if(${isProved(raw, spelling, said, text, value)})`] : [];
          return turn === 0 ? [`count(${textOf(raw)})`, `count(${valueTextOf(raw)})`, ...fits] : fits;
        },
      );
      for (const [column, answers] of found.entries()) {
        const before = counted[column];
        if (!before || answers.length === 0) continue;
        const [texts, values, fitting] = turn === 0 ? answers : [0, 0, answers[0]];
        counted[column] = {
          texts: before.texts + Number(texts ?? 0),
          values: before.values + Number(values ?? 0),
          fits: before.fits.map((count, spelling) =>
            spelling === turn ? count + Number(fitting ?? 0) : count,
          ),
        };
      }
    }
  }
  return names.map((name, index) => {
    const { texts, values, fits } = counted[index] ?? { texts: 0, values: 0, fits: [] };
    const all = candidates[index] ?? [];
    const isSaid = said.types.has(name);
    const proved = all[fits.indexOf(values)];
    const spelling = isSaid ? (proved ?? all.at(-1)) : values === 0 ? undefined : proved;
    const best = fits.indexOf(Math.max(...fits));
    const nearest = all[best];
    return {
      name,
      spelling,
      isSaid,
      hasEmpty: texts > values,
      values,
      near:
        nearest && (spelling === undefined || isSaid)
          ? { spelling: nearest, fits: fits[best] ?? 0 }
          : undefined,
      examples: [...(examples[index] ?? [])],
    };
  });
}

/** What is asked of a column, by names that its text and its value have in a relation. */
interface Question {
  readonly raw: RawColumn;
  readonly spelling: Spelling | undefined;
  readonly text: string;
  readonly value: string;
}

/** A relation in which the text and the value of each question have names: what is written out at each place is planned at each. */
function readRelation(relation: string, questions: readonly (Question | undefined)[], said: Said): string {
  const texts: string[] = [];
  const values: string[] = [];
  for (const question of questions) {
    if (!question?.spelling) continue;
    const { raw, spelling, text, value } = question;
    texts.push(`${readText(raw, spelling, said)} AS ${text}`);
    values.push(`${spelling.value(text)} AS ${value}`);
  }
  return named(named(relation, texts), values);
}

/** A relation with more that has names. */
export const named = (relation: string, list: readonly string[]): string =>
  list.length === 0 ? relation : `(SELECT *, ${list.join(', ')} FROM ${relation})`;

/**
 * What each column answers to questions of its own. The conditions are in what is counted: a FILTER of each makes the engine
 * hold all columns once for every one.
 */
async function asked<T>(
  engine: Engine,
  relation: string,
  columns: readonly (T | undefined)[],
  questions: (column: T) => readonly string[],
): Promise<readonly (readonly Row[string][])[]> {
  const lists = columns.map((column) => (column ? questions(column) : []));
  const list = lists.flatMap((some, column) => some.map((sql, index) => `${sql} AS q${column}_${index}`));
  const [row = {}] = list.length > 0 ? await engine.rows(`SELECT ${list.join(', ')} FROM ${relation}`) : [];
  return lists.map((some, column) => some.map((_, index) => row[`q${column}_${index}`] ?? null));
}

/** A list of many words would be a join for each column. */
const NO_EXAMPLE = [...NULL_WORDS, ...NO_NUMBERS].map(escaped).join('|');

/** Texts of each column that tell what it could be: the same whatever the order of the rows. */
async function examplesOf(
  engine: Engine,
  relation: string,
  columns: readonly (RawColumn | undefined)[],
): Promise<readonly (readonly Row[string][])[]> {
  const texts = columns.flatMap((raw, column) =>
    raw ? [`left(${valueTextOf(raw)}, 61) AS "trestle text ${column}"`] : [],
  );
  const examples = columns.flatMap((raw, column) => {
    const text = `"trestle text ${column}"`;
    const isWord = `regexp_full_match(${text}, ${literal(NO_EXAMPLE)})`;
    return raw ? [`CASE WHEN NOT ${isWord} THEN ${text} END AS "trestle value ${column}"`] : [];
  });
  const names = columns.map((raw, column) => raw && `"trestle value ${column}"`);
  return await asked(engine, named(named(relation, texts), examples), names, (example) => [
    `min(${example})`,
    `max(${example})`,
    // A time among days is longer.
    `arg_max(${example}, length(${example}))`,
  ]);
}

function candidatesOf(
  name: string,
  examples: readonly string[],
  raws: readonly (RawColumn | undefined)[],
  { types, dateFormat: format, numerals, scales }: Said,
): readonly Spelling[] {
  const type = types.get(name);
  if (type === 'string') return [];
  const scale = scales.get(name);
  if (type === 'number' && scale !== undefined) return [givenDecimal(scale), givenSpelling(type, format)];
  if (type !== undefined) return [givenSpelling(type, format)];
  const isTagged = raws.every((raw) => raw?.isTagged !== false);
  const isFreer = isTagged || !isPlain(numerals);
  const found = new Map<string, Spelling>();
  if (format !== undefined && examples.length > 0) found.set('format', dateFormat(format));
  for (const example of examples) {
    const texts = isPlain(numerals) ? [example] : [example, '1'];
    for (const text of texts)
      for (const spelling of spellingsOf(text))
        if (spelling.isProof || isFreer) found.set(spelling.key, spelling);
  }
  if (!isPlain(numerals) && examples.length > 0) found.set(BY_VALUE.key, BY_VALUE);
  const decimals = scale === undefined || examples.length === 0 ? [] : decimalsOf(scale);
  for (const { key } of decimals) found.delete(key);
  return [...decimals, ...inOrder([...found.values()])];
}

const decimalsOf = (scale: number): readonly Spelling[] => [
  ...(scale <= 18 ? [decimal(18, scale)] : []),
  decimal(38, scale),
];

const ORDER = [
  'date format',
  'integer',
  'number, always',
  'number, plain',
  'decimal 18',
  'decimal 38',
  'number by value',
  'boolean',
  'date',
  'time',
];

/** Those of each example come in order; together they are brought into it again. */
const inOrder = (spellings: readonly Spelling[]): readonly Spelling[] => {
  const place = ({ key }: Spelling): number => ORDER.findIndex((start) => key.startsWith(start));
  return spellings.toSorted((a, b) => place(a) - place(b) || (a.key < b.key ? -1 : 1));
};

const isNumber = ({ type }: Spelling): boolean => type === 'number' || type === 'integer';

/** SQL: the text that a spelling reads: a number as the person's numerals write it, without them. */
export const readText = (
  raw: RawColumn,
  spelling: Spelling,
  { numerals }: Said,
  text: string = valueTextOf(raw),
): string => {
  return isNumber(spelling) && !isPlain(numerals) && !raw.isTagged ? plainNumber(text, numerals) : text;
};

/** SQL: whether a text, as it is read, is proved to be a value of a spelling. */
function isProved(raw: RawColumn, spelling: Spelling, said: Said, text: string, value: string): string {
  const fits = `${text} IS NOT NULL AND ${spelling.fits(text, value)}`;
  // What a person said holds whatever the source says.
  const kind =
    said.types.size > 0 && spelling.key.startsWith('given') ? undefined : isOfKind(raw, spelling.of);
  return kind === undefined ? fits : `${kind} AND ${fits}`;
}

/** SQL: rows of a table whose value of a column is none of what it's said to be. */
export function misfits(raw: RawColumn, spelling: Spelling, said: Said): string {
  const text = readText(raw, spelling, said);
  const isOne = isProved(raw, spelling, said, text, spelling.value(text));
  return `${valueTextOf(raw)} IS NOT NULL AND NOT coalesce(${isOne}, false)`;
}

/** SQL: rows of a table whose number has more digits than a double says, or whose time is finer than a microsecond. */
export function losesDigits(raw: RawColumn, spelling: Spelling, said: Said): string {
  const text = readText(raw, spelling, said);
  if (spelling.type === 'timestamp')
    return `${text} IS NOT NULL AND regexp_matches(${text}, '[.,][0-9]{6}[0-9]*[1-9]')`;
  return `${text} IS NOT NULL AND NOT coalesce(${holdsDigits(text, spelling.value(text))}, true)`;
}
