import {
  type ColumnSketch,
  type ColumnType,
  isNumeric,
  keptValues,
  NO_MOMENTS,
  registerBits,
  type TableSketch,
} from '@trestle/statistics';
import type { Engine } from '../engine/engine.ts';
import { identifier } from '../engine/quote.ts';
import { COUNTED_VALUES, countedValues } from './counted-values.ts';
import { formsOf } from './forms.ts';
import { manyValues } from './many-values.ts';
import { pairsOf } from './pairs.ts';
import { SAMPLE, SAMPLED_COLUMNS, takeSample } from './sample.ts';
import { type Basics, boundOf, type TypedColumn, type ValueSketch } from './sketched-column.ts';

/** Columns that one statement describes: more would make a statement that takes long to plan. */
export const COLUMNS_AT_ONCE = 100;

/**
 * The sketch of a relation. One scan estimates how many values those columns have that have many in a sample; of each with few
 * they are counted once, from which everything else follows exactly, and of the others the engine computes what is told.
 * Nothing but results comes into JavaScript.
 */
export async function sketchRelation(
  engine: Engine,
  relation: string,
  columns: readonly TypedColumn[],
  onProgress: (fraction: number) => void = () => {},
): Promise<TableSketch> {
  const done: ColumnSketch[] = [];
  const keeping = { keep: keptValues(columns.length), bits: registerBits(columns.length) };
  const rows = await countRows(engine, relation);
  await takeSample(engine, relation, columns);
  for (let at = 0; at < columns.length; at += COLUMNS_AT_ONCE) {
    onProgress(at / columns.length);
    const some = columns.slice(at, at + COLUMNS_AT_ONCE);
    const near = await nearby(engine, relation, some, rows);
    const few =
      rows <= COUNTED_VALUES ? some : await fewValues(engine, columns.slice(0, SAMPLED_COLUMNS), some);
    const names = new Set(few.map(({ name }) => name));
    const basics = await basicsOf(
      engine,
      near,
      some.filter(({ name }) => !names.has(name)),
    );
    const many = basics.filter(({ distinct }) => distinct > COUNTED_VALUES);
    const values = new Map(await manyValues(engine, near, many, keeping));
    const counted = some.filter(({ name }) => !values.has(name));
    // Of a long table one column at a time, so that no more than its values are held.
    const groups = near === relation ? counted.map((one) => [one]) : [counted];
    for (const [index, group] of groups.entries()) {
      for (const [name, found] of await countedValues(engine, near, group, keeping)) values.set(name, found);
      onProgress((at + (some.length * index) / groups.length) / columns.length);
    }
    const texts = some.filter(({ name, type }) => type === 'string' && values.has(name));
    const forms = await formsOf(
      engine,
      near,
      texts.map(({ name }) => name),
    );
    for (const { name, type } of some) {
      const found = values.get(name) ?? noValues(type);
      done.push({ name, type, nulls: rows - found.count, ...found, forms: forms.get(name) ?? null });
    }
  }
  const numeric = columns.slice(0, SAMPLED_COLUMNS).filter(({ type }) => isNumeric(type));
  const names = numeric.map(({ name }) => name);
  return { rows, columns: done, pairs: await pairsOf(engine, names, rows) };
}

const noValues = (type: ColumnType): ValueSketch => ({
  count: 0,
  min: null,
  max: null,
  distinct: 0,
  values: [],
  untold: 0,
  points: null,
  registers: null,
  lengths: null,
  moments: isNumeric(type) ? NO_MOMENTS : null,
});

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
  columns: readonly Pick<TypedColumn, 'name'>[],
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

/** A column with at most so many values among the rows of the sample has few altogether. */
const FEW_IN_SAMPLE = 2_000;

/** The columns that have few different values in the sample. An estimate of theirs would take as long as counting them. */
async function fewValues(
  engine: Engine,
  sampled: readonly TypedColumn[],
  columns: readonly TypedColumn[],
): Promise<readonly TypedColumn[]> {
  const inSample = new Set(sampled.map(({ name }) => name));
  const asked = columns.filter(({ name }) => inSample.has(name));
  if (asked.length === 0) return [];
  const list = asked.map(({ name }, index) => `count(DISTINCT ${identifier(name)}) AS d${index}`);
  const [found = {}] = await engine.rows(`SELECT ${list.join(', ')} FROM ${SAMPLE}`);
  return asked.filter((_, index) => Number(found[`d${index}`]) <= FEW_IN_SAMPLE);
}

async function basicsOf(
  engine: Engine,
  relation: string,
  columns: readonly TypedColumn[],
): Promise<readonly Basics[]> {
  if (columns.length === 0) return [];
  const list = columns.flatMap(({ name }, index) => {
    const column = identifier(name);
    return [
      `count(${column}) AS c${index}`,
      `approx_count_distinct(${column}) AS d${index}`,
      `min(${column}) AS l${index}`,
      `max(${column}) AS h${index}`,
    ];
  });
  const [found = {}] = await engine.rows(`SELECT ${list.join(', ')} FROM ${relation}`);
  return columns.map(({ name, type }, index) => {
    const count = Number(found[`c${index}`]);
    const distinct = Math.min(Number(found[`d${index}`]), count);
    const [min, max] = [found[`l${index}`], found[`h${index}`]];
    return { name, type, count, distinct, min: boundOf(type, min), max: boundOf(type, max) };
  });
}
