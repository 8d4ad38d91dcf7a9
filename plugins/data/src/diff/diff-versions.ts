import type { DatasetVersion } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { COLUMNS_AT_ONCE, nearby } from '@trestle/tables';
import { imageColumns, withDigests } from '../image/image-columns.ts';
import { versionProfile } from '../profile/profile-version.ts';
import type { Manifest } from '../version/manifest.ts';
import { chooseColumns } from '../version/read-batches.ts';
import { parquetRelation, partFiles, withVersion } from '../version/version-relation.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';
import { alikeColumns, inOneForm } from './alike.ts';
import type { Diff } from './diff-schema.ts';
import { distributionDistance, textDistance } from './distribution-distance.ts';
import { imageDistance } from './image-distance.ts';
import { diffByKey, diffWholeRows, type Sides } from './row-diff.ts';

/** What changed from one version to another: columns, rows, and how values are distributed. @throws TRS_DATA_UNKNOWN_COLUMN */
export async function diffVersions(
  ctx: Context,
  input: { readonly from: string; readonly to: string; readonly key?: string | undefined },
): Promise<Diff> {
  const [older, newer] = [await resolveVersion(ctx, input.from), await resolveVersion(ctx, input.to)];
  if (input.key !== undefined) for (const side of [older, newer]) chooseColumns(side.columns, [input.key]);
  const profiles = [await versionProfile(ctx, older), await versionProfile(ctx, newer)] as const;
  const kept = new Set(newer.columns.map(({ name }) => name));
  const columns = older.columns.filter(({ name }) => kept.has(name));
  const manifests = [await readManifest(ctx, older.digest), await readManifest(ctx, newer.digest)] as const;
  const both: Manifest = { ...manifests[0], parts: manifests.flatMap((manifest) => manifest.parts) };
  const schema = schemaDiff(older, newer);
  return await withVersion(ctx, both, ctx.signal, async (engine) => {
    const side = async (manifest: Manifest): Promise<string> =>
      parquetRelation(await partFiles(ctx, manifest));
    const asKept = { from: await side(manifests[0]), to: await side(manifests[1]) };
    const alike = await alikeColumns(engine, asKept, columns, newer.columns);
    const whole = {
      from: inOneForm(asKept.from, alike, 'from'),
      to: inOneForm(asKept.to, alike, 'to'),
    };
    const texts = columns.filter(({ type }) => type === 'string').map(({ name }) => name);
    const images = await imageColumns(engine, whole.from, texts);
    const sides: Sides = {
      engine,
      from: withDigests(whole.from, images),
      to: withDigests(whole.to, images),
      columns,
    };
    let near = sides;
    ctx.progress({ step: 'comparing rows', fraction: 0.3 });
    const { rows, changed } =
      input.key === undefined
        ? { rows: await diffWholeRows(sides), changed: undefined }
        : await diffByKey(sides, input.key);
    const described: Diff['columns'] = [];
    const [olders, newers] = profiles.map(
      (profile) => new Map(profile.columns.map((column) => [column.name, column])),
    );
    for (const [index, column] of columns.entries()) {
      ctx.progress({ step: `comparing ${column.name}`, fraction: 0.5 + (0.5 * index) / columns.length });
      if (index % COLUMNS_AT_ONCE === 0) {
        const some = columns.slice(index, index + COLUMNS_AT_ONCE);
        near = {
          ...sides,
          from: await nearby(engine, sides.from, some, older.rows, '"trestle older"'),
          to: await nearby(engine, sides.to, some, newer.rows, '"trestle newer"'),
        };
      }
      const [a, b] = [olders?.get(column.name), newers?.get(column.name)];
      if (!a || !b) continue;
      const form = alike.find(({ name }) => name === column.name);
      const times = changed?.get(column.name);
      described.push({
        name: column.name,
        nulls: { from: a.nulls, to: b.nulls },
        distinct: { from: a.distinct, to: b.distinct },
        approximate: [a, b].some(({ approximate }) => approximate.includes('distinct')) ? ['distinct'] : [],
        mean: { from: a.mean, to: b.mean },
        ...(form && !form.isNumber
          ? { distance: await textDistance(near, column.name) }
          : images.includes(column.name)
            ? await imageDistance(engine, whole, column.name)
            : { distance: await distributionDistance(near, column, a) }),
        ...(times === undefined ? {} : { changed: times }),
      });
    }
    return { ...names(older, newer), schema, rows, columns: described };
  });
}

const names = (older: DatasetVersion, newer: DatasetVersion): Pick<Diff, 'from' | 'to'> => ({
  from: `${older.dataset}@${older.version}`,
  to: `${newer.dataset}@${newer.version}`,
});

function schemaDiff(older: DatasetVersion, newer: DatasetVersion): Diff['schema'] {
  const before = new Map(older.columns.map(({ name, type }) => [name, type]));
  const after = new Map(newer.columns.map(({ name, type }) => [name, type]));
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    retyped: [...before].flatMap(([name, from]) => {
      const to = after.get(name);
      return to === undefined || to === from ? [] : [{ name, from, to }];
    }),
  };
}
