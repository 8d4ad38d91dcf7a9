import type { Engine } from '../engine/engine.ts';
import { identifier } from '../engine/quote.ts';
import type { Profile } from './profile-schema.ts';
import { isNumeric, type ProfiledColumn } from './profiled-column.ts';

export const SAMPLE = '"trestle sample"';
const SAMPLE_ROWS = 10_000;
export const SAMPLED_COLUMNS = 1_000;
/** Beyond, pairs are too many to compute and to read. */
const MOST_COLUMNS = 60;
const SHOWN = 50;

/** Rows that stand for the others, where every one would take too long. The same ones each time. */
export async function takeSample(
  engine: Engine,
  relation: string,
  columns: readonly ProfiledColumn[],
): Promise<void> {
  const list = columns.slice(0, SAMPLED_COLUMNS).map(({ name }) => identifier(name));
  await engine.run(
    `CREATE OR REPLACE TEMP TABLE ${SAMPLE} AS SELECT ${list.join(', ')} FROM ${relation} USING SAMPLE reservoir(${SAMPLE_ROWS} ROWS) REPEATABLE (1)`,
  );
}

/** Pearson's r between columns of numbers, on the sample. */
export async function correlations(
  engine: Engine,
  columns: readonly ProfiledColumn[],
): Promise<Profile['correlations']> {
  const numeric = columns.filter((column) => isNumeric(column.type)).slice(0, MOST_COLUMNS);
  const pairs = numeric.flatMap((a, index) => numeric.slice(index + 1).map((b) => [a.name, b.name] as const));
  if (pairs.length === 0) return [];
  const finite = (name: string): string =>
    `CASE WHEN isfinite(${identifier(name)}::DOUBLE) THEN ${identifier(name)}::DOUBLE END`;
  const list = pairs.map(([a, b], index) => `corr(${finite(a)}, ${finite(b)}) AS r${index}`);
  const [found = {}] = await engine.rows(`SELECT ${list.join(', ')} FROM ${SAMPLE}`);
  return pairs
    .map(([a, b], index) => ({ a, b, r: Number(found[`r${index}`] ?? Number.NaN) }))
    .filter(({ r }) => Number.isFinite(r))
    .toSorted((one, other) => Math.abs(other.r) - Math.abs(one.r))
    .slice(0, SHOWN);
}
