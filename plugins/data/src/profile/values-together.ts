import type { ColumnType } from '@trestle/contracts';
import { STORED_TYPES } from '../engine/column-types.ts';
import type { Engine, Row } from '../engine/engine.ts';
import { identifier } from '../engine/quote.ts';
import {
  BINS,
  binWidth,
  byShare,
  GROUPED_VALUES,
  histogramOfCounts,
  QUANTILES,
  TOP,
  type Values,
} from './column-values.ts';
import { type Basics, isNumeric } from './profiled-column.ts';

const VALUES = '"trestle values together"';

/**
 * What `countsOf` tells of a column, for many columns of a small table at once: with thousands of columns, what a statement
 * costs before it reads a row is all the work there is. Columns without values or with too many different ones are left out.
 */
export async function valuesTogether(
  engine: Engine,
  table: string,
  columns: readonly Basics[],
): Promise<ReadonlyMap<string, Values>> {
  const found = new Map<string, Values>();
  for (const type of Object.keys(STORED_TYPES)) {
    const some = columns.filter(
      (one) => one.type === type && one.count > 0 && one.distinct <= GROUPED_VALUES,
    );
    const [first] = some;
    if (first)
      for (const [name, values] of await ofOneType(engine, table, some, first.type)) found.set(name, values);
  }
  return found;
}

async function ofOneType(
  engine: Engine,
  table: string,
  columns: readonly Basics[],
  type: ColumnType,
): Promise<readonly (readonly [string, Values])[]> {
  const each = columns.map(({ name }, c) => {
    const column = identifier(name);
    return `SELECT ${c} AS c, ${column} AS v FROM ${table} WHERE ${column} IS NOT NULL`;
  });
  await engine.run(
    `CREATE OR REPLACE TEMP TABLE ${VALUES} AS SELECT c, v, count(*) AS n FROM (${each.join(' UNION ALL ')}) GROUP BY ALL`,
  );
  const facts = byColumn(await engine.rows(factsOf(type)));
  const tops = byColumn(
    await engine.rows(
      `SELECT c, CAST(v AS VARCHAR) AS value, n FROM ${VALUES} QUALIFY row_number() OVER (PARTITION BY c ORDER BY n DESC, v) <= ${TOP} ORDER BY c, n DESC, v`,
    ),
  );
  const bins = isNumeric(type) ? byColumn(await binsOf(engine, columns)) : new Map<number, Row[]>();
  return columns.map((basic, c) => {
    const [fact = {}] = facts.get(c) ?? [];
    return [
      basic.name,
      {
        distinct: Number(fact.different),
        top: (tops.get(c) ?? []).map(({ value, n }) => ({ value: String(value), count: Number(n) })),
        histogram: histogramOfCounts(basic, bins.get(c) ?? []),
        quantiles: isNumeric(type) ? byShare(QUANTILES.map((_, i) => fact[`q${i}`])) : null,
        lengths:
          type === 'string'
            ? { min: Number(fact.short), mean: Number(fact.mean), max: Number(fact.long) }
            : null,
      },
    ];
  });
}

function factsOf(type: ColumnType): string {
  if (isNumeric(type)) {
    const list = QUANTILES.map((share, i) => `min(v) FILTER (below >= ${share} * total) AS q${i}`);
    return `SELECT c, count(*) AS different, ${list.join(', ')} FROM (SELECT c, v, sum(n) OVER (PARTITION BY c ORDER BY v) AS below, sum(n) OVER (PARTITION BY c) AS total FROM ${VALUES}) GROUP BY c`;
  }
  return type === 'string'
    ? `SELECT c, count(*) AS different, min(length(v)) AS short, sum(length(v) * n) / sum(n) AS mean, max(length(v)) AS long FROM ${VALUES} GROUP BY c`
    : `SELECT c, count(*) AS different FROM ${VALUES} GROUP BY c`;
}

async function binsOf(engine: Engine, columns: readonly Basics[]): Promise<readonly Row[]> {
  const list = columns.flatMap((basic, c) => {
    const width = binWidth(basic);
    return width === undefined ? [] : [`(${c}, (${basic.min})::DOUBLE, (${width})::DOUBLE)`];
  });
  if (list.length === 0) return [];
  return await engine.rows(
    `SELECT c, CAST(least(floor((v - low) / width), ${BINS - 1}) AS INTEGER) AS bin, sum(n) AS n FROM ${VALUES} JOIN (VALUES ${list.join(', ')}) AS bins(c, low, width) USING (c) WHERE isfinite(v::DOUBLE) GROUP BY ALL`,
  );
}

function byColumn(rows: readonly Row[]): Map<number, Row[]> {
  const found = new Map<number, Row[]>();
  for (const row of rows) {
    const some = found.get(Number(row.c));
    if (some) some.push(row);
    else found.set(Number(row.c), [row]);
  }
  return found;
}
