import type { Context } from '@trestle/kernel';
import { versionProfile } from '../profile/profile-version.ts';
import { parquetRelation, partFiles } from '../version/version-relation.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';
import type { Compared } from './checked-table.ts';
import type { Suite } from './suite.ts';

/** Opens the versions that a suite compares with: their files have to be named when the engine is opened. */
export async function comparedVersions(
  ctx: Context,
  suite: Suite,
): Promise<{ readonly compared: Compared; readonly files: readonly string[] }> {
  const withProfile = new Map<string, boolean>();
  for (const one of suite.expectations) {
    if (one.type === 'column.drift') withProfile.set(one.from, true);
    else if (one.type === 'column.references' || one.type === 'table.rowCountLike')
      withProfile.set(one.dataset, withProfile.get(one.dataset) ?? false);
  }
  const files: string[] = [];
  const compared = new Map<string, Compared extends ReadonlyMap<string, infer Value> ? Value : never>();
  for (const [reference, needsProfile] of withProfile) {
    const version = await resolveVersion(ctx, reference);
    const own = await partFiles(ctx, await readManifest(ctx, version.digest));
    files.push(...own);
    compared.set(reference, {
      relation: parquetRelation(own),
      rows: version.rows,
      profile: needsProfile ? await versionProfile(ctx, version) : undefined,
    });
  }
  return { compared, files };
}
