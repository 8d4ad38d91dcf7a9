import type { Column } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import type { DataTables } from '../data-tables.ts';
import type { Engine } from '../engine/engine.ts';
import { identifier } from '../engine/quote.ts';
import { withVersion } from '../version/version-relation.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';
import { type Profile, profileSchema } from './profile-schema.ts';

const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95];
const BINS = 20;
const TOP = 10;

type ColumnProfile = Profile['columns'][number];

/** Statistics of every column of a version; computed once per content, then read back. */
export async function profileVersion(ctx: Context, reference: string): Promise<Profile> {
  const version = await resolveVersion(ctx, reference);
  const metadata = await ctx.service(metadataToken);
  const known = await metadata
    .query<DataTables>()
    .selectFrom('dataset_profiles')
    .select('profile')
    .where('digest', '=', version.digest)
    .executeTakeFirst();
  const names = { dataset: version.dataset, version: version.version };
  if (known) return profileSchema.parse({ ...JSON.parse(known.profile), ...names });
  const manifest = await readManifest(ctx, version.digest);
  const columns = await withVersion(ctx, manifest, ctx.signal, async (engine, relation) => {
    const done: ColumnProfile[] = [];
    for (const [index, column] of version.columns.entries()) {
      ctx.progress({ step: `profiling ${column.name}`, fraction: index / version.columns.length });
      done.push(await profileColumn(engine, relation, column, version.rows));
    }
    return done;
  });
  const profile: Profile = { ...names, rows: version.rows, columns };
  await metadata.write<DataTables, void>(async (db) => {
    await db
      .insertInto('dataset_profiles')
      .values({ digest: version.digest, profile: JSON.stringify(profile) })
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .execute();
  });
  return profile;
}

async function profileColumn(
  engine: Engine,
  relation: string,
  { name, type }: Column,
  rows: number,
): Promise<ColumnProfile> {
  const column = identifier(name);
  const isNumeric = type === 'number' || type === 'integer';
  const numeric = isNumeric
    ? `, avg(${column}) AS mean, stddev_samp(${column}) AS std, ${QUANTILES.map((q, i) => `quantile_cont(${column}, ${q}) AS q${i}`).join(', ')}`
    : '';
  const [found = {}] = await engine.rows(
    `SELECT count(${column}) AS present, approx_count_distinct(${column}) AS distinct_values, min(${column}) AS low, max(${column}) AS high${numeric} FROM ${relation}`,
  );
  const top = await engine.rows(
    `SELECT CAST(${column} AS VARCHAR) AS value, count(*) AS frequency FROM ${relation} WHERE ${column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${TOP}`,
  );
  const plain = (value: unknown): number | string | null =>
    value === null || value === undefined ? null : isNumeric ? Number(value) : String(value);
  const number = (value: unknown): number | null =>
    value === null || value === undefined ? null : Number(value);
  const [low, high] = [plain(found.low), plain(found.high)];
  return {
    name,
    type,
    count: Number(found.present),
    nulls: rows - Number(found.present),
    distinct: Math.min(Number(found.distinct_values), rows),
    min: low,
    max: high,
    mean: isNumeric ? number(found.mean) : null,
    std: isNumeric ? number(found.std) : null,
    quantiles:
      isNumeric && low !== null
        ? Object.fromEntries(QUANTILES.map((q, i) => [String(q), Number(found[`q${i}`])]))
        : null,
    top: top.map((row) => ({ value: String(row.value), count: Number(row.frequency) })),
    histogram:
      typeof low === 'number' && typeof high === 'number'
        ? await histogram(engine, relation, column, low, high)
        : [],
  };
}

async function histogram(
  engine: Engine,
  relation: string,
  column: string,
  low: number,
  high: number,
): Promise<ColumnProfile['histogram']> {
  const width = (high - low) / BINS;
  if (!(width > 0) || !Number.isFinite(width)) return [];
  const counts = await engine.rows(
    `SELECT least(CAST(floor((${column} - ${low}) / ${width}) AS INTEGER), ${BINS - 1}) AS bin, count(*) AS frequency FROM ${relation} WHERE ${column} IS NOT NULL GROUP BY 1`,
  );
  const byBin = new Map(counts.map((row) => [Number(row.bin), Number(row.frequency)]));
  return Array.from({ length: BINS }, (_, bin) => ({
    from: low + bin * width,
    to: low + (bin + 1) * width,
    count: byBin.get(bin) ?? 0,
  }));
}
