import type { Engine, Row } from '../engine/engine.ts';
import { identifier } from '../engine/quote.ts';
import type { ColumnProfile } from './profile-schema.ts';
import { type Basics, isNumeric } from './profiled-column.ts';

/** Up to so many different values a column is grouped; beyond, it is sketched. */
export const GROUPED_VALUES = 50_000;
export const QUANTILES = [0.01, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99];
export const BINS = 20;
export const TOP = 20;
/** The share of different values from which on the most frequent ones say nothing. */
const MOSTLY_DIFFERENT = 0.5;

/** The table of a column's values and how often they occur. */
const VALUES = '"trestle values"';

type Sketch = Pick<ColumnProfile, 'quantiles' | 'lengths'>;
export type Values = Pick<ColumnProfile, 'distinct' | 'top' | 'histogram' | 'quantiles' | 'lengths'>;

/** Quantiles and lengths of the columns with many values, all in one scan. */
export async function manyValues(
  engine: Engine,
  relation: string,
  columns: readonly Basics[],
): Promise<ReadonlyMap<string, Sketch>> {
  const many = columns.filter((column) => column.distinct > GROUPED_VALUES);
  const list = many.flatMap(({ name, type }, index) => {
    const column = identifier(name);
    if (isNumeric(type)) return [`approx_quantile(${column}, [${QUANTILES.join(', ')}]) AS q${index}`];
    if (type !== 'string') return [];
    return ['min', 'avg', 'max'].map((name) => `${name}(length(${column})) AS ${name}${index}`);
  });
  if (list.length === 0) return new Map();
  const [found = {}] = await engine.rows(`SELECT ${list.join(', ')} FROM ${relation}`);
  return new Map(
    many.map(({ name, type }, index) => {
      const items = listItems(found[`q${index}`]);
      const length = (which: string): number => Number(found[`${which}${index}`]);
      return [
        name,
        {
          quantiles: isNumeric(type) ? byShare(items) : null,
          lengths: type === 'string' ? { min: length('min'), mean: length('avg'), max: length('max') } : null,
        },
      ];
    }),
  );
}

const listItems = (value: unknown): readonly unknown[] =>
  typeof value === 'object' && value !== null && 'items' in value && Array.isArray(value.items)
    ? value.items
    : [];

export const byShare = (values: readonly unknown[]): Record<string, number> =>
  Object.fromEntries(QUANTILES.map((share, index) => [String(share), Number(values[index])]));

/** What the values of a column, and how often they occur, tell. */
export async function countsOf(
  engine: Engine,
  relation: string,
  basic: Basics,
  sketch: Sketch | undefined,
): Promise<Values> {
  const column = identifier(basic.name);
  const none: Values = {
    distinct: basic.distinct,
    top: [],
    histogram: [],
    quantiles: null,
    lengths: null,
    ...sketch,
  };
  if (basic.count === 0) return none;
  const isGrouped = basic.distinct <= GROUPED_VALUES;
  if (!isGrouped) {
    const isMostlyDifferent = basic.distinct > MOSTLY_DIFFERENT * basic.count;
    const top = isMostlyDifferent ? [] : await topOf(engine, `(${grouped(relation, column)})`);
    return { ...none, top, histogram: await histogramOf(engine, relation, column, '1', basic) };
  }
  await engine.run(`CREATE OR REPLACE TEMP TABLE ${VALUES} AS ${grouped(relation, column)}`);
  const numeric = isNumeric(basic.type);
  const [found = {}] = await engine.rows(
    numeric
      ? `SELECT count(*) AS different, ${QUANTILES.map((share, i) => `min(v) FILTER (below >= ${share} * ${basic.count}) AS q${i}`).join(', ')} FROM (SELECT v, sum(n) OVER (ORDER BY v) AS below FROM ${VALUES})`
      : basic.type === 'string'
        ? `SELECT count(*) AS different, min(length(v)) AS short, sum(length(v) * n) / sum(n) AS mean, max(length(v)) AS long FROM ${VALUES}`
        : `SELECT count(*) AS different FROM ${VALUES}`,
  );
  return {
    distinct: Number(found.different),
    top: await topOf(engine, VALUES),
    histogram: await histogramOf(engine, VALUES, 'v', 'n', basic),
    quantiles: numeric ? byShare(QUANTILES.map((_, i) => found[`q${i}`])) : null,
    lengths:
      basic.type === 'string'
        ? { min: Number(found.short), mean: Number(found.mean), max: Number(found.long) }
        : null,
  };
}

const grouped = (relation: string, column: string): string =>
  `SELECT ${column} AS v, count(*) AS n FROM ${relation} WHERE ${column} IS NOT NULL GROUP BY 1`;

async function topOf(engine: Engine, values: string): Promise<ColumnProfile['top']> {
  const rows = await engine.rows(
    `SELECT CAST(v AS VARCHAR) AS value, n FROM ${values} ORDER BY n DESC, v LIMIT ${TOP}`,
  );
  return rows.map((row) => ({ value: String(row.value), count: Number(row.n) }));
}

/** @param weight how many rows one row of the relation stands for */
async function histogramOf(
  engine: Engine,
  relation: string,
  column: string,
  weight: string,
  basic: Basics,
): Promise<ColumnProfile['histogram']> {
  const width = binWidth(basic);
  if (width === undefined) return [];
  const counts = await engine.rows(
    `SELECT CAST(least(floor((${column} - (${basic.min})) / ${width}), ${BINS - 1}) AS INTEGER) AS bin, sum(${weight}) AS n FROM ${relation} WHERE isfinite(${column}::DOUBLE) GROUP BY 1`,
  );
  return histogramOfCounts(basic, counts);
}

/** How wide a bin of a column's histogram is, if it has one. */
export function binWidth({ min, max, type }: Basics): number | undefined {
  if (!isNumeric(type) || typeof min !== 'number' || typeof max !== 'number') return undefined;
  const width = (max - min) / BINS;
  return width > 0 && Number.isFinite(width) ? width : undefined;
}

/** @param counts `n` for each `bin` */
export function histogramOfCounts(basic: Basics, counts: readonly Row[]): ColumnProfile['histogram'] {
  const width = binWidth(basic);
  const { min } = basic;
  if (width === undefined || typeof min !== 'number') return [];
  const byBin = new Map(counts.map((row) => [Number(row.bin), Number(row.n)]));
  return Array.from({ length: BINS }, (_, bin) => ({
    from: min + bin * width,
    to: min + (bin + 1) * width,
    count: byBin.get(bin) ?? 0,
  }));
}
