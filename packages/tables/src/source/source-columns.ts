import { shellWord } from '@trestle/kernel';
import type { ColumnType } from '@trestle/statistics';
import { dataError } from '../data-error.ts';
import type { TypedColumn } from '../engine/batches.ts';
import type { Engine } from '../engine/engine.ts';
import { identifier, literal } from '../engine/quote.ts';
import { checkLineEnds } from './check-line-ends.ts';
import { checkParquetSize } from './check-parquet-size.ts';
import { checkRejects } from './check-rejects.ts';
import { declaredColumns } from './declared-columns.ts';
import type { LocalSource, Scanned } from './local-source.ts';
import { matchColumns } from './match-columns.ts';
import { parquetColumns } from './parquet-columns.ts';
import type { Reading } from './reading.ts';
import { readingSource } from './reading-source.ts';
import { describeRelation, sourceRelation } from './source-relation.ts';
import { checkOverrides } from './type-overrides.ts';
import { columnNames } from './types/column-names.ts';
import { delimitedTable } from './types/delimited-table.ts';
import { givenSpelling } from './types/given-spelling.ts';
import { type ColumnReading, type Look, misfits, proveTypes, type Said } from './types/prove-types.ts';
import { folderTexts, type RawTable, valueTextOf } from './types/raw-table.ts';
import type { RecordShape } from './types/record-lines.ts';
import { findMisfits, placeWord, refuseMisfits } from './types/refuse-misfits.ts';
import { sampleRows } from './types/sample.ts';
import type { Spelling } from './types/spelling.ts';
import { taggedTable } from './types/tagged-table.ts';
import { lostDigits, typeNotes } from './types/type-notes.ts';
import { NOT_PROVED, typedColumns, typedRelation } from './types/typed-relation.ts';

/** A source as something to select from, with columns of the types that all sources of the version share. */
export interface ReadySource {
  readonly source: LocalSource;
  readonly relation: string;
}

export interface SourceColumns {
  readonly columns: readonly TypedColumn[];
  readonly ready: readonly ReadySource[];
  /** What a person is to know of how they were read. */
  readonly notes: readonly string[];
}

/** A source of which types are looked for in its texts. */
interface Texts {
  readonly source: LocalSource;
  readonly table: RawTable;
  readonly shape: RecordShape | undefined;
  /** SQL: its rows, or those of a sample. */
  readonly look: string;
  readonly isWhole: boolean;
}

/** A source that says its types. */
interface Declared {
  readonly source: LocalSource;
  readonly relation: string;
  readonly columns: readonly TypedColumn[];
}

interface FoundTexts extends Texts {
  readonly notes: readonly string[];
  /** It fails at the first row that has not the shape of one. */
  readonly isStrict: boolean;
}

interface FoundDeclared extends Declared {
  readonly notes: readonly string[];
}

/**
 * The columns of several sources together: the same names in each. A type that is looked for is one that every value of all of
 * them has; where sources differ in types that they say, whole numbers become numbers, and anything else text.
 *
 * @param base the types of the version that is appended to
 * @throws TRS_DATA_COLUMNS_DIFFER, TRS_DATA_UNKNOWN_COLUMN, TRS_DATA_BAD_ROWS for values that are not what is said of them
 */
export async function sourceColumns(
  engine: Engine,
  sources: readonly LocalSource[],
  reading: Reading,
  base: readonly TypedColumn[] | undefined,
): Promise<SourceColumns> {
  const types = reading.types ?? new Map<string, ColumnType>();
  const folders = new Set(sources.flatMap((source) => [...(source.folders?.keys() ?? [])]));
  const notes = [
    ...sources.flatMap((source) => source.notes ?? []),
    ...[...folders].map((name) => `Column ${JSON.stringify(name)} is what the names of the folders say.`),
  ];
  const inFolders = await proveFolders(engine, sources, folders);
  const texts: Texts[] = [];
  const declared: Declared[] = [];
  let names: readonly { readonly name: string }[] | undefined = base;
  for (const [index, source] of sources.entries()) {
    const isText = source.texts !== undefined || source.format === 'csv' || source.format === 'tsv';
    const look = async (): Promise<FoundTexts | FoundDeclared> =>
      isText
        ? await lookAtTexts(engine, source, reading, index)
        : await lookAtDeclared(engine, source, reading.names, inFolders);
    const looking = readingSource(source, look);
    // What is wrong with the bytes is told, not what the engine makes of them; and no query is left to an engine that is closed.
    const [scanned, looked] = await Promise.allSettled([source.scanned, looking]);
    if (scanned.status === 'rejected') throw scanned.reason;
    if (looked.status === 'rejected') throw await withLineEnds(source, scanned.value, reading, looked.reason);
    const found = looked.value;
    const own = 'table' in found ? found.table.columns : found.columns;
    checkOverrides(
      reading,
      own.map(({ name }) => name),
      source.shown,
    );
    names = names ? matchColumns(names, own, source.shown) : own;
    notes.push(...found.notes);
    if ('table' in found) {
      // Where lines may end in two ways, only a look at all of them tells.
      const isStrict = found.isStrict && !scanned.value.hasReturns;
      if (found.isStrict && !isStrict) throw sampleCannotTell(source);
      if (!isStrict && scanned.value.hasReturns && found.shape)
        await checkLineEnds(source.path, source.shown, found.shape.quote);
      texts.push(found);
    } else declared.push(found);
  }
  const columns = (names ?? []).map(({ name }) => name);
  const said: Said = {
    types: saidTypes(types, base),
    dateFormat: reading.dateFormat,
    numerals: reading.numerals ?? {},
    scales: scalesOf([...declared.flatMap((one) => one.columns), ...(base ?? [])]),
  };
  const looks = texts.map(({ table, look }): Look => ({ table, relation: look }));
  const proved = looks.length === 0 ? [] : await proveTypes(engine, looks, columns, said);
  for (const { source, isWhole, shape } of texts)
    if (isWhole && shape && !reading.skipsBadRows) await checkRejects(engine, source);
  const isWhole = texts.every((one) => one.isWhole);
  // A column without a value in the sample could be of any type.
  const [someone] = texts;
  if (!isWhole && someone && proved.some(({ values, isSaid }) => values === 0 && !isSaid))
    throw sampleCannotTell(someone.source);
  await refuseWrong(engine, texts, proved, { said, base, isWhole, given: types });
  const shared = sharedColumns(columns, declared, proved, base, types);
  const asRead = proved.map((one) =>
    shared.find(({ name }) => name === one.name)?.type === 'string' ? { ...one, spelling: undefined } : one,
  );
  if (base === undefined) {
    // Those that another file made texts are told of as that.
    const own = asRead.filter((one, index) => one.spelling === proved[index]?.spelling);
    notes.push(...differing(declared, texts, proved, shared), ...(await typeNotes(engine, texts, own, said)));
  }
  notes.push(...(await lostDigits(engine, texts, asRead, said)));
  const relations = new Map<LocalSource, string>([
    ...declared.map(({ source, relation }) => [source, relation] as const),
    ...texts.map(
      ({ source, table, isWhole }) => [source, typedRelation(table, asRead, said, !isWhole)] as const,
    ),
  ]);
  for (const { look, isWhole } of texts)
    if (isWhole && look.startsWith('"')) await engine.run(`DROP TABLE ${look}`);
  return {
    columns: shared,
    ready: sources.map((source) => ({ source, relation: relations.get(source) ?? '' })),
    notes,
  };
}

/** What is appended to decides, where no person does. */
const saidTypes = (
  types: ReadonlyMap<string, ColumnType>,
  base: readonly TypedColumn[] | undefined,
): ReadonlyMap<string, ColumnType> =>
  new Map([
    ...(base ?? []).flatMap(({ name, type }) => (type === 'string' ? [[name, type] as const] : [])),
    ...types,
  ]);

/** How the values that names of folders say are written, all of a column together. */
async function proveFolders(
  engine: Engine,
  sources: readonly LocalSource[],
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Spelling | undefined>> {
  const nothing: Said = { types: new Map(), dateFormat: undefined, numerals: {}, scales: new Map() };
  const found = new Map<string, Spelling | undefined>();
  for (const name of names) {
    const values = new Set(sources.flatMap(({ folders }) => folders?.get(name) ?? []));
    if (values.size === 0) continue;
    const relation = `(VALUES ${[...values].map((value) => `(${literal(value)})`).join(', ')}) AS folders(value)`;
    const columns = [{ name, column: 'value', isTagged: false, nulls: [] }];
    const [one] = await proveTypes(engine, [{ table: { columns }, relation }], [name], nothing);
    found.set(name, one?.spelling);
  }
  return found;
}

async function lookAtDeclared(
  engine: Engine,
  source: LocalSource,
  mode: Reading['names'],
  inFolders: ReadonlyMap<string, Spelling | undefined>,
): Promise<FoundDeclared> {
  const given = source.format === 'parquet' ? await parquetColumns(engine, source.path) : undefined;
  const { names, notes } = given
    ? columnNames(
        given.map(({ name }) => name),
        source.shown,
        mode,
      )
    : { names: undefined, notes: [] };
  const read = sourceRelation(source);
  const own =
    names && notes.length > 0
      ? `(SELECT * FROM ${read} AS renamed(${names.map(identifier).join(', ')}))`
      : read;
  const more = folderTexts(source, names ?? []).map(
    ({ name, column }) => `${inFolders.get(name)?.value(column) ?? column} AS ${identifier(name)}`,
  );
  const relation = more.length === 0 ? own : `(SELECT *, ${more.join(', ')} FROM ${own})`;
  const found = await describeRelation(engine, relation);
  if (source.format === 'parquet') await checkParquetSize(engine, source, found.length);
  const kept = await declaredColumns(engine, source, relation, found);
  const cut = (given ?? []).flatMap(({ isInt96 }, index) =>
    isInt96
      ? [
          `Column "${names?.[index]}": times of the type INT96 are kept to the microsecond; nanoseconds that some may have are cut off.`,
        ]
      : [],
  );
  return { source, ...kept, notes: [...notes, ...kept.notes, ...cut] };
}

/** Of a table that is held while its types are looked for. */
const MOST_HELD_COLUMNS = 1_000;

async function lookAtTexts(
  engine: Engine,
  source: LocalSource,
  reading: Reading,
  index: number,
): Promise<FoundTexts> {
  const isSampled = reading.fromSample === true && source.isLong === true;
  const isStrict = isSampled && source.texts === undefined;
  const { table, notes, shape } = source.texts
    ? { ...taggedTable(source, source.texts, reading), shape: undefined }
    : await delimitedTable(engine, source, reading, isStrict);
  const found = { source, table, notes, shape, isStrict };
  // A table of its own costs the engine a buffer for each column.
  if ((source.isLong || table.columns.length > MOST_HELD_COLUMNS) && !isSampled)
    return { ...found, look: table.relation, isWhole: true };
  const look = `"trestle look ${index}"`;
  const limit = isSampled ? ` LIMIT ${sampleRows(table.columns.length)}` : '';
  await engine.run(
    `CREATE OR REPLACE TEMP TABLE ${look} AS SELECT * FROM ${isSampled ? table.beginning : table.relation}${limit}`,
  );
  if (shape && !isStrict && !reading.skipsBadRows) await checkRejects(engine, source);
  return { ...found, look, isWhole: !isSampled };
}

/** Mixed ends of lines are what the engine could not make sense of, if there are any. */
async function withLineEnds(
  source: LocalSource,
  { hasReturns }: Scanned,
  { quote = '"' }: Reading,
  thrown: unknown,
): Promise<unknown> {
  const isDelimitedText = source.format === 'csv' || source.format === 'tsv';
  if (isDelimitedText && hasReturns) await checkLineEnds(source.path, source.shown, quote);
  return thrown;
}

const sampleCannotTell = ({ shown }: LocalSource) =>
  dataError('ENGINE', { kind: 'invalid', message: `"${shown}": ${NOT_PROVED}.`, hint: 'It is read anew.' });

interface Known {
  readonly said: Said;
  readonly base: readonly TypedColumn[] | undefined;
  readonly isWhole: boolean;
  readonly given: ReadonlyMap<string, ColumnType>;
}

/** Refuses values that are not what a person said, or what they are put behind. */
async function refuseWrong(
  engine: Engine,
  texts: readonly Texts[],
  readings: readonly ColumnReading[],
  { said, base, isWhole, given }: Known,
): Promise<void> {
  for (const one of readings) {
    const stored = base?.find(({ name }) => name === one.name);
    const wanted = given.get(one.name) ?? stored?.type;
    if (wanted === undefined || wanted === 'string' || one.values === 0) continue;
    const isGiven = given.has(one.name);
    if (isGiven ? one.near?.fits === one.values : isKind(one.spelling?.type, wanted)) continue;
    if (!isWhole && texts[0]) throw sampleCannotTell(texts[0].source);
    const spelling =
      !isGiven && one.near?.spelling.type === wanted
        ? one.near.spelling
        : givenSpelling(wanted, said.dateFormat);
    for (const { table, shape } of texts) {
      const raw = table.columns.find(({ name }) => name === one.name);
      const found = raw && (await findMisfits(engine, table, raw, misfits(raw, spelling, said), shape));
      if (!found || found.count === 0) continue;
      const hint = isGiven
        ? hintOf(one.name, wanted)
        : `The column holds ${wanted === 'integer' ? 'whole numbers' : `${wanted}s`} so far. Mend these values, or add all rows as a new version, with --type ${shellWord(`${one.name}=string`)}.`;
      refuseMisfits(table, one.name, wanted, found, hint);
    }
    const first = await firstValue(engine, texts, one.name);
    throw dataError('BAD_ROWS', {
      kind: 'invalid',
      message: `Column "${one.name}" is ${wanted} in the dataset; these rows write it in another way${first}.`,
      hint: `Say how it is meant: --type ${shellWord(`${one.name}=${wanted}`)}.`,
      details: { column: one.name, type: wanted },
    });
  }
}

/** `, the first "yes" in line 2 of "a.csv"` */
async function firstValue(engine: Engine, texts: readonly Texts[], name: string): Promise<string> {
  for (const { table, shape } of texts) {
    const raw = table.columns.find((column) => column.name === name);
    const found = raw && (await findMisfits(engine, table, raw, `${valueTextOf(raw)} IS NOT NULL`, shape));
    const [first] = found?.first ?? [];
    if (first)
      return `, the first ${JSON.stringify(first.text)} in ${placeWord(table)} ${first.place} of "${table.source.shown}"`;
  }
  return '';
}

const isKind = (found: ColumnType | undefined, wanted: ColumnType): boolean =>
  found === wanted || (found === 'integer' && wanted === 'number');

const hintOf = (name: string, type: ColumnType): string =>
  type === 'timestamp'
    ? 'Nothing was added. Say how the times are written: --date-format %d/%m/%Y.'
    : `Nothing was added. Mend these values, or say which words stand for none: --nulls ${shellWord(`${name}=WORD`)}.`;

function sharedColumns(
  names: readonly string[],
  declared: readonly Declared[],
  proved: readonly ColumnReading[],
  base: readonly TypedColumn[] | undefined,
  types: ReadonlyMap<string, ColumnType>,
): readonly TypedColumn[] {
  const read = new Map(typedColumns(proved).map((column) => [column.name, column]));
  return names.map((name) => {
    const stored = base?.find((column) => column.name === name);
    if (stored) return stored;
    const own = read.get(name);
    const said = declared.flatMap(({ columns }) => columns.filter((column) => column.name === name));
    // Texts without a value say nothing of a column that another source knows.
    const isTold = said.length === 0 || proved.some((one) => one.name === name && one.values > 0);
    const all = [...said, ...(own && isTold ? [own] : [])];
    const [first, ...rest] = all.map((column) => ({ ...column, type: types.get(name) ?? column.type }));
    if (!first) return { name, type: 'string' };
    const type = rest.reduce((one, other) => sharedType(one, other.type), first.type);
    return { ...first, type, stored: type === 'number' ? sharedDecimal([first, ...rest]) : undefined };
  });
}

/** Columns that are texts because files differ in what they hold. */
function differing(
  declared: readonly Declared[],
  texts: readonly Texts[],
  proved: readonly ColumnReading[],
  shared: readonly TypedColumn[],
): readonly string[] {
  return shared.flatMap(({ name, type }) => {
    const own = proved.find((one) => one.name === name);
    if (type !== 'string' || own?.isSaid) return [];
    const told = declared.flatMap(({ source, columns }) =>
      columns.flatMap((column) => (column.name === name ? [`${column.type} in "${source.shown}"`] : [])),
    );
    const [first] = texts;
    if (own && own.values > 0 && first)
      told.push(`${own.spelling?.type ?? 'string'} in "${first.source.shown}"`);
    const isOne = new Set(told.map((one) => one.split(' ')[0])).size < 2;
    return isOne ? [] : [`Column ${JSON.stringify(name)} is text, as its files differ: ${told.join(', ')}.`];
  });
}

/** Decimals of several sources keep the places and digits of all of them; among other numbers they are doubles. */
function sharedDecimal(columns: readonly TypedColumn[]): TypedColumn['stored'] {
  const decimals = columns.map(({ stored }) => decimalOf(stored));
  const scale = Math.max(...decimals.map((one) => one?.scale ?? 0));
  if (decimals.includes(undefined)) return undefined;
  const isShort = decimals.every((one) => one?.digits === 18 && one.scale === scale);
  return `DECIMAL(${isShort ? 18 : 38},${scale})`;
}

/** Of columns that are decimals, the places that all of their values fit into. */
function scalesOf(columns: readonly TypedColumn[]): ReadonlyMap<string, number> {
  const scales = new Map<string, number>();
  for (const { name, stored } of columns) {
    const scale = decimalOf(stored)?.scale;
    if (scale !== undefined) scales.set(name, Math.max(scale, scales.get(name) ?? 0));
  }
  return scales;
}

function decimalOf(stored: TypedColumn['stored']): { digits: number; scale: number } | undefined {
  const [, digits, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(stored ?? '') ?? [];
  return digits === undefined ? undefined : { digits: Number(digits), scale: Number(scale) };
}

const NUMERIC: ReadonlySet<ColumnType> = new Set(['integer', 'number']);

const sharedType = (one: ColumnType, other: ColumnType): ColumnType =>
  one === other ? one : NUMERIC.has(one) && NUMERIC.has(other) ? 'number' : 'string';
