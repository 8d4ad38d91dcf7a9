import {
  binsBetween,
  estimateDistinct,
  isNumeric,
  momentsAround,
  POINT_LEVELS,
  type Points,
  TOP,
} from '@trestle/statistics';
import type { Engine, Row } from '../engine/engine.ts';
import { identifier } from '../engine/quote.ts';
import { binSql } from './bins-sql.ts';
import type { Basics, ValueSketch } from './sketched-column.ts';
import {
  countValues,
  type Keeping,
  keptFrom,
  keptRows,
  registerRows,
  registersIn,
  SHORT_TEXT,
  VALUES,
} from './value-table.ts';

/** The share of different values from which on the most frequent ones say nothing. */
export const MOSTLY_DIFFERENT = 0.5;
const LEVELS = Array.from({ length: POINT_LEVELS - 1 }, (_, level) => level + 1);

/**
 * Sketches of columns with too many different values to count each: quantiles (t-digest), means and lengths of all of them in one
 * scan, then of each the registers, the bins, and the most frequent values unless nearly every value is another one.
 */
export async function manyValues(
  engine: Engine,
  relation: string,
  columns: readonly Basics[],
  keeping: Keeping,
): Promise<ReadonlyMap<string, ValueSketch>> {
  const list = columns.flatMap(({ name, type }, index) => {
    const column = identifier(name);
    if (isNumeric(type))
      return [
        `approx_quantile(${finite(column)}, [${LEVELS.map((level) => level / POINT_LEVELS).join(', ')}]) AS q${index}`,
        `avg(${finite(column)}) AS m${index}`,
      ];
    if (type !== 'string') return [];
    return ['min', 'sum', 'max'].map((name) => `${name}(length(${column})) AS ${name}${index}`);
  });
  const [found = {}] = list.length > 0 ? await engine.rows(`SELECT ${list.join(', ')} FROM ${relation}`) : [];
  const sketches = new Map<string, ValueSketch>();
  for (const [index, basic] of columns.entries()) {
    const length = (which: string): number => Number(found[`${which}${index}`]);
    const lengths =
      basic.type === 'string' ? { min: length('min'), sum: length('sum'), max: length('max') } : null;
    const keep = lengths && lengths.max > SHORT_TEXT ? TOP : keeping.keep;
    const numbers = isNumeric(basic.type)
      ? await numbersOf(engine, relation, basic, listItems(found[`q${index}`]), length('m'))
      : { points: null, moments: null };
    const values = await frequentOf(engine, relation, basic, { ...keeping, keep });
    const { count, min, max } = basic;
    sketches.set(basic.name, { count, min, max, ...values, ...numbers, lengths });
  }
  return sketches;
}

/** Infinities and NaN have no mean and no place in a bin. */
const finite = (column: string): string => `CASE WHEN isfinite(${column}::DOUBLE) THEN ${column}::DOUBLE END`;

const listItems = (value: unknown): readonly number[] =>
  typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items)
    ? value.items.map(Number)
    : [];

async function frequentOf(
  engine: Engine,
  relation: string,
  basic: Basics,
  { keep, bits }: Keeping,
): Promise<Pick<ValueSketch, 'distinct' | 'values' | 'untold' | 'registers' | 'estimated'>> {
  const column = identifier(basic.name);
  if (basic.distinct > MOSTLY_DIFFERENT * basic.count) {
    const value = basic.type === 'number' ? `CAST(${column} AS DOUBLE)` : column;
    const values = `(SELECT 0 AS c, ${value} AS v FROM ${relation} WHERE ${column} IS NOT NULL)`;
    const registers = registersIn(await engine.rows(registerRows(values, bits)), bits);
    const distinct = Math.round(estimateDistinct(Buffer.from(registers, 'base64')));
    return {
      distinct: Math.min(distinct, basic.count),
      values: [],
      untold: basic.count,
      registers,
      estimated: ['distinct'],
    };
  }
  await countValues(engine, relation, [basic]);
  const [count] = await engine.rows(`SELECT count(*) AS n FROM ${VALUES}`);
  const kept = keptFrom(await engine.rows(keptRows([{ c: 0, keep }], bits)), keep);
  const isComplete = kept.untold === 0;
  return {
    ...kept,
    distinct: Number(count?.n),
    registers: isComplete ? null : registersIn(await engine.rows(registerRows(VALUES, bits)), bits),
  };
}

async function numbersOf(
  engine: Engine,
  relation: string,
  { name, min, max }: Basics,
  quantiles: readonly number[],
  mean: number,
): Promise<Pick<ValueSketch, 'points' | 'moments'>> {
  const bins = binsBetween(min, max);
  const bin = bins ? binSql('x', `(${bins.min})::DOUBLE`, `(${bins.width})::DOUBLE`) : '0';
  const centre = Number.isFinite(mean) ? mean : 0;
  const away = `SELECT x, x - (${centre})::DOUBLE AS d, ${bin} AS bin FROM (SELECT ${identifier(name)}::DOUBLE AS x FROM ${relation}) WHERE isfinite(x)`;
  const powers = ['d', 'd * d', 'd * d * d', 'd * d * d * d'].map((power, k) => `sum(${power}) AS s${k + 1}`);
  const rows = await engine.rows(
    `SELECT bin, max(x) AS last, count(*) AS n, ${powers.join(', ')} FROM (${away}) GROUP BY bin ORDER BY bin`,
  );
  const sum = (of: string): number => rows.reduce((total, row) => total + Number(row[of]), 0);
  const count = sum('n');
  return {
    points: pointsNear(endsOf(rows), quantiles, count),
    moments: momentsAround(centre, count, ['s1', 's2', 's3', 's4'].map(sum)),
  };
}

/** The greatest number of each bin, and how many there are up to it. */
function endsOf(rows: readonly Row[]): Points {
  let sum = 0;
  return {
    values: rows.map(({ last }) => Number(last)),
    below: rows.map(({ n }) => {
      sum += Number(n);
      return sum;
    }),
  };
}

/** Estimated quantiles between points that are exact: each has as many below it as those on both sides allow. */
function pointsNear(exact: Points, quantiles: readonly number[], count: number): Points {
  const points: { values: number[]; below: number[] } = { values: [], below: [] };
  const add = (value: number, below: number): void => {
    if (below <= (points.below.at(-1) ?? 0)) return;
    // A value at which many stand is the quantile of several shares: of the last of them.
    if (points.values.at(-1) === value) points.below.pop();
    else points.values.push(value);
    points.below.push(below);
  };
  let next = 0;
  for (const [index, value] of quantiles.entries()) {
    for (; (exact.values[next] ?? Number.POSITIVE_INFINITY) <= value; next++)
      add(exact.values[next] ?? 0, exact.below[next] ?? 0);
    const share = Math.ceil(((LEVELS[index] ?? 0) / POINT_LEVELS) * count);
    // At least one is greater: the end of the bin.
    add(value, Math.min(share, (exact.below[next] ?? count) - 1));
  }
  for (; next < exact.values.length; next++) add(exact.values[next] ?? 0, exact.below[next] ?? 0);
  return points;
}
