import type { ColumnType } from '@trestle/contracts';
import type { Engine } from '../engine/engine.ts';
import { identifier } from '../engine/quote.ts';
import { countsOf, GROUPED_VALUES, manyValues, type Values } from './column-values.ts';
import { correlations, SAMPLE, SAMPLED_COLUMNS, takeSample } from './correlations.ts';
import type { ColumnProfile, Profile } from './profile-schema.ts';
import { type Basics, isNumeric, type ProfiledColumn } from './profiled-column.ts';
import { meaningOf } from './semantic-type.ts';
import { valuesTogether } from './values-together.ts';

/** Columns that one statement describes: more would make a statement that takes long to plan. */
export const COLUMNS_AT_ONCE = 100;

/**
 * Statistics of every column. The first scan counts and bounds all columns together, and tells how many values each has, where
 * a sample has many as an estimate (HyperLogLog); then each column with few values is grouped once, from which everything else
 * follows exactly, and the others are sketched together (t-digests). Nothing but results comes into JavaScript.
 */
export async function profileRelation(
  engine: Engine,
  relation: string,
  columns: readonly ProfiledColumn[],
  onProgress: (fraction: number) => void = () => {},
): Promise<Omit<Profile, 'dataset' | 'version'>> {
  const done: ColumnProfile[] = [];
  const rows = await countRows(engine, relation);
  await takeSample(engine, relation, columns);
  for (let at = 0; at < columns.length; at += COLUMNS_AT_ONCE) {
    const some = columns.slice(at, at + COLUMNS_AT_ONCE);
    const few =
      rows < WORTH_COUNTING_ROWS ? NONE : await fewValues(engine, columns.slice(0, SAMPLED_COLUMNS), some);
    const basics = await basicsOf(engine, relation, some, few);
    const many = await manyValues(engine, relation, basics);
    const near = await nearby(engine, relation, some, rows);
    const known = near === relation ? undefined : await valuesTogether(engine, near, basics);
    for (const [index, basic] of basics.entries()) {
      onProgress((at + index) / columns.length);
      const values = known?.get(basic.name) ?? (await countsOf(engine, near, basic, many.get(basic.name)));
      done.push(await describeColumn(engine, near, basic, rows, values));
    }
  }
  return { rows, columns: done, correlations: await correlations(engine, columns) };
}

/** Up to so many values are held in a table while their columns are described. */
const NEAR_VALUES = 4_000_000;
const NEAR = '"trestle columns"';

/**
 * Some columns of a relation as a table of their own, where they are few enough: each question to a Parquet file reads what
 * the file says of all its columns, which with thousands of them is most of the work.
 */
export async function nearby(
  engine: Engine,
  relation: string,
  columns: readonly Pick<ProfiledColumn, 'name'>[],
  rows: number,
  table = NEAR,
): Promise<string> {
  if (rows * columns.length > NEAR_VALUES) return relation;
  const list = columns.map(({ name }) => identifier(name)).join(', ');
  await engine.run(`CREATE OR REPLACE TEMP TABLE ${table} AS SELECT ${list} FROM ${relation}`);
  return table;
}

async function countRows(engine: Engine, relation: string): Promise<number> {
  const [found] = await engine.rows(`SELECT count(*) AS n FROM ${relation}`);
  return Number(found?.n ?? 0);
}

/** In fewer rows an estimate costs next to nothing, and a statement with many exact counts takes long to plan. */
const WORTH_COUNTING_ROWS = 200_000;
/** A column with at most so many values among the rows of the sample has few altogether. */
const FEW_IN_SAMPLE = 2_000;
const NONE: ReadonlySet<string> = new Set();

/** The columns that have few different values in the sample. Counting those exactly takes a sixth of the time of a HyperLogLog. */
async function fewValues(
  engine: Engine,
  sampled: readonly ProfiledColumn[],
  columns: readonly ProfiledColumn[],
): Promise<ReadonlySet<string>> {
  const inSample = new Set(sampled.map(({ name }) => name));
  const asked = columns.filter(({ name }) => inSample.has(name));
  if (asked.length === 0) return NONE;
  const list = asked.map(({ name }, index) => `count(DISTINCT ${identifier(name)}) AS d${index}`);
  const [found = {}] = await engine.rows(`SELECT ${list.join(', ')} FROM ${SAMPLE}`);
  const few = asked.filter((_, index) => Number(found[`d${index}`]) <= FEW_IN_SAMPLE);
  return new Set(few.map(({ name }) => name));
}

async function basicsOf(
  engine: Engine,
  relation: string,
  columns: readonly ProfiledColumn[],
  few: ReadonlySet<string>,
): Promise<readonly Basics[]> {
  const list = columns.flatMap(({ name, type }, index) => {
    const column = identifier(name);
    return [
      `count(${column}) AS c${index}`,
      `${few.has(name) ? `count(DISTINCT ${column})` : `approx_count_distinct(${column})`} AS d${index}`,
      `min(${column}) AS l${index}`,
      `max(${column}) AS h${index}`,
      ...(isNumeric(type)
        ? [
            `avg(${finiteOf(column, type)}) AS m${index}`,
            `stddev_samp(${finiteOf(column, type)}) AS s${index}`,
          ]
        : []),
    ];
  });
  const [found = {}] = await engine.rows(`SELECT ${list.join(', ')} FROM ${relation}`);
  const number = (value: unknown): number | null =>
    value === null || value === undefined ? null : Number(value);
  return columns.map(({ name, type }, index) => {
    const count = Number(found[`c${index}`]);
    const bound = (value: unknown): number | string | null =>
      value === null || value === undefined ? null : isNumeric(type) ? finite(Number(value)) : String(value);
    return {
      name,
      type,
      count,
      distinct: Math.min(Number(found[`d${index}`]), count),
      min: bound(found[`l${index}`]),
      max: bound(found[`h${index}`]),
      mean: number(found[`m${index}`]),
      std: number(found[`s${index}`]),
    };
  });
}

/**
 * Infinities and NaN have no mean; the engine would fail on them. Not as a FILTER: a statement with one for each of a hundred
 * columns takes a quarter of a second however few the rows are.
 */
const finiteOf = (column: string, type: ColumnType): string =>
  type === 'integer' ? column : `CASE WHEN isfinite(${column}) THEN ${column} END`;

/** JSON has no infinities: they are shown as words. */
const finite = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

async function describeColumn(
  engine: Engine,
  relation: string,
  basic: Basics,
  rows: number,
  values: Values,
): Promise<ColumnProfile> {
  const distinct = basic.distinct <= GROUPED_VALUES ? values.distinct : basic.distinct;
  const column = { ...basic, ...values, distinct, nulls: rows - basic.count };
  return { ...column, ...(await meaningOf(engine, relation, column, rows)) };
}
