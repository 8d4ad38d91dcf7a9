import {
  type Bins,
  binsBetween,
  type ColumnType,
  isNumeric,
  momentsAround,
  POINT_LEVELS,
  type Points,
  TOP,
} from '@trestle/statistics';
import { STORED_TYPES } from '../engine/column-types.ts';
import type { Engine } from '../engine/engine.ts';
import { binSql } from './bins-sql.ts';
import { boundOf, type TypedColumn, type ValueSketch } from './sketched-column.ts';
import {
  byColumn,
  countValues,
  type Keeping,
  keptFrom,
  keptRows,
  registerRows,
  registersIn,
  SHORT_TEXT,
  VALUES,
} from './value-table.ts';

/** Up to so many different values everything that is told of a column follows from how often each occurs. */
export const COUNTED_VALUES = 50_000;

/**
 * Sketches of columns by their values, exact in all that is told of one part. Many columns of a small table at once: with
 * thousands, what a statement costs before it reads a row is all the work there is.
 */
export async function countedValues(
  engine: Engine,
  relation: string,
  columns: readonly TypedColumn[],
  keeping: Keeping,
): Promise<ReadonlyMap<string, ValueSketch>> {
  const found = new Map<string, ValueSketch>();
  for (const type of Object.keys(STORED_TYPES)) {
    const some = columns.filter((one) => one.type === type);
    const [first] = some;
    if (!first) continue;
    await countValues(engine, relation, some);
    for (const [name, sketch] of await ofOneType(engine, some, first.type, keeping)) found.set(name, sketch);
  }
  return found;
}

async function ofOneType(
  engine: Engine,
  columns: readonly TypedColumn[],
  type: ColumnType,
  { keep, bits }: Keeping,
): Promise<readonly (readonly [string, ValueSketch])[]> {
  const facts = new Map((await engine.rows(factsOf(type))).map((row) => [Number(row.c), row]));
  // A column without values is not in the table.
  const kept = [...facts].map(([c, { different, long }]) => ({
    c,
    keep: Number(long ?? 0) > SHORT_TEXT ? TOP : keep,
    different: Number(different),
  }));
  if (kept.length === 0) return [];
  const values = byColumn(await engine.rows(keptRows(kept, bits)));
  const some = kept.filter(({ keep, different }) => different > keep).map(({ c }) => c);
  const hashed = `${VALUES} WHERE c IN (${some.join(', ')})`;
  const registers = byColumn(some.length > 0 ? await engine.rows(registerRows(hashed, bits)) : []);
  const bins = some.map((c) => {
    const { low, high } = facts.get(c) ?? {};
    return { c, bins: binsBetween(boundOf(type, low), boundOf(type, high)) };
  });
  const points =
    isNumeric(type) && some.length > 0 ? await pointsOfMany(engine, bins) : new Map<number, Points>();
  return kept.flatMap(({ c, keep, different }) => {
    const [column, fact] = [columns[c], facts.get(c)];
    if (!column || !fact) return [];
    const most = keptFrom(values.get(c) ?? [], keep);
    const isComplete = most.untold === 0;
    const sketch: ValueSketch = {
      ...most,
      count: Number(fact.count),
      distinct: different,
      min: boundOf(type, fact.low),
      max: boundOf(type, fact.high),
      points: isComplete ? null : (points.get(c) ?? null),
      registers: isComplete ? null : registersIn(registers.get(c) ?? [], bits),
      lengths:
        type === 'string'
          ? { min: Number(fact.short), sum: Number(fact.letters), max: Number(fact.long) }
          : null,
      moments: isNumeric(type)
        ? momentsAround(
            Number(fact.mean),
            Number(fact.finite),
            [fact.s1, fact.s2, fact.s3, fact.s4].map(Number),
          )
        : null,
    };
    return [[column.name, sketch] as const];
  });
}

const COUNTS = 'count(*) AS different, sum(n) AS count, min(v) AS low, max(v) AS high';
const POWERS = [1, 2, 3, 4]
  .map((power) => `fsum(m * ${Array.from({ length: power }, () => 'd').join(' * ')}) AS s${power}`)
  .join(', ');

function factsOf(type: ColumnType): string {
  if (type === 'string')
    return `SELECT c, ${COUNTS}, min(length(v)) AS short, sum(length(v) * n) AS letters, max(length(v)) AS long FROM ${VALUES} GROUP BY c`;
  if (!isNumeric(type)) return `SELECT c, ${COUNTS} FROM ${VALUES} GROUP BY c`;
  const numbers = `SELECT c, v, n, CASE WHEN isfinite(v::DOUBLE) THEN v::DOUBLE END AS x FROM ${VALUES}`;
  const means = 'SELECT c, fsum(x * n) / sum(n) AS mean FROM numbers WHERE x IS NOT NULL GROUP BY c';
  const away =
    'SELECT c, v, n, mean, CASE WHEN x IS NULL THEN 0 ELSE n END AS m, coalesce(x - mean, 0) AS d FROM numbers LEFT JOIN means USING (c)';
  return `WITH numbers AS (${numbers}), means AS (${means}), away AS (${away}) SELECT c, ${COUNTS}, any_value(mean) AS mean, sum(m) AS finite, ${POWERS} FROM away GROUP BY c`;
}

/** `thinPoints` in SQL: one in each share of the numbers, and the last in each bin. */
async function pointsOfMany(
  engine: Engine,
  some: readonly { readonly c: number; readonly bins: Bins | undefined }[],
): Promise<ReadonlyMap<number, Points>> {
  const list = some.map(
    ({ c, bins }) => `(${c}, (${bins?.min ?? 'NULL'})::DOUBLE, (${bins?.width ?? 'NULL'})::DOUBLE)`,
  );
  const ranked = `SELECT c, v, sum(n) OVER (PARTITION BY c ORDER BY v) AS below, sum(n) OVER (PARTITION BY c) AS total, ${binSql('v', 'low', 'width')} AS bin FROM ${VALUES} JOIN (VALUES ${list.join(', ')}) AS bins(c, low, width) USING (c) WHERE isfinite(v::DOUBLE)`;
  const level = `below * ${POINT_LEVELS} // total`;
  const rows = await engine.rows(
    `SELECT c, v::DOUBLE AS v, below FROM (${ranked}) WINDOW along AS (PARTITION BY c ORDER BY v) QUALIFY ${level} IS DISTINCT FROM lag(${level}) OVER along OR bin IS DISTINCT FROM lead(bin) OVER along OR below = total ORDER BY c, v`,
  );
  const found = new Map<number, { values: number[]; below: number[] }>();
  for (const [c, own] of byColumn(rows)) {
    const points: { values: number[]; below: number[] } = { values: [], below: [] };
    for (const { v, below } of own) {
      // Whole numbers beyond 2^53 may be one double: the last of them says all.
      if (points.values.at(-1) === Number(v)) points.below.pop();
      else points.values.push(Number(v));
      points.below.push(Number(below));
    }
    found.set(c, points);
  }
  return found;
}
