import type { Engine } from '../engine/engine.ts';
import { identifier } from '../engine/quote.ts';
import { countsOf, GROUPED_VALUES, manyValues } from './column-values.ts';
import { correlations, takeSample } from './correlations.ts';
import type { ColumnProfile, Profile } from './profile-schema.ts';
import { type Basics, isNumeric, type ProfiledColumn } from './profiled-column.ts';
import { meaningOf } from './semantic-type.ts';

/** Columns that one statement describes: more would make a statement that takes long to plan. */
const COLUMNS_AT_ONCE = 100;

/**
 * Statistics of every column. The first scan counts, bounds and estimates (HyperLogLog) all columns together; then each
 * column with few values is grouped once, from which everything else follows exactly, and the others are sketched
 * together (t-digests). Nothing but results comes into JavaScript.
 */
export async function profileRelation(
  engine: Engine,
  relation: string,
  columns: readonly ProfiledColumn[],
  onProgress: (fraction: number) => void = () => {},
): Promise<Omit<Profile, 'dataset' | 'version'>> {
  const done: ColumnProfile[] = [];
  let rows = 0;
  for (let at = 0; at < columns.length; at += COLUMNS_AT_ONCE) {
    const some = columns.slice(at, at + COLUMNS_AT_ONCE);
    const basics = await basicsOf(engine, relation, some);
    rows = basics.rows;
    const many = await manyValues(engine, relation, basics.columns);
    for (const [index, basic] of basics.columns.entries()) {
      onProgress((at + index) / columns.length);
      done.push(await describeColumn(engine, relation, basic, rows, many.get(basic.name)));
    }
  }
  await takeSample(engine, relation, columns);
  return { rows, columns: done, correlations: await correlations(engine, columns) };
}

async function basicsOf(
  engine: Engine,
  relation: string,
  columns: readonly ProfiledColumn[],
): Promise<{ rows: number; columns: readonly Basics[] }> {
  const list = columns.flatMap(({ name, type }, index) => {
    const column = identifier(name);
    return [
      `count(${column}) AS c${index}`,
      `approx_count_distinct(${column}) AS d${index}`,
      `min(${column}) AS l${index}`,
      `max(${column}) AS h${index}`,
      // Infinities and NaN have no mean; the engine would fail on them.
      ...(isNumeric(type)
        ? [
            `avg(${column}) FILTER (isfinite(${column}::DOUBLE)) AS m${index}`,
            `stddev_samp(${column}) FILTER (isfinite(${column}::DOUBLE)) AS s${index}`,
          ]
        : []),
    ];
  });
  const [found = {}] = await engine.rows(`SELECT count(*) AS n, ${list.join(', ')} FROM ${relation}`);
  const number = (value: unknown): number | null =>
    value === null || value === undefined ? null : Number(value);
  return {
    rows: Number(found.n),
    columns: columns.map(({ name, type }, index) => {
      const count = Number(found[`c${index}`]);
      const bound = (value: unknown): number | string | null =>
        value === null || value === undefined
          ? null
          : isNumeric(type)
            ? finite(Number(value))
            : String(value);
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
    }),
  };
}

/** JSON has no infinities: they are shown as words. */
const finite = (value: number): number | string => (Number.isFinite(value) ? value : String(value));

async function describeColumn(
  engine: Engine,
  relation: string,
  basic: Basics,
  rows: number,
  sketch: Pick<ColumnProfile, 'quantiles' | 'lengths'> | undefined,
): Promise<ColumnProfile> {
  const values = await countsOf(engine, relation, basic, sketch);
  const distinct = basic.distinct <= GROUPED_VALUES ? values.distinct : basic.distinct;
  const column = { ...basic, ...values, distinct, nulls: rows - basic.count };
  return { ...column, ...(await meaningOf(engine, relation, column, rows)) };
}
