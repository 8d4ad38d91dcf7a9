import type { DatasetVersion } from '@trestle/contracts';
import { type Context, isTrestleError, type TrestleError } from '@trestle/kernel';
import type { Suite } from '../config/suite.ts';
import { versionProfile } from '../profile/profile-version.ts';
import { parquetRelation, partFiles } from '../version/version-relation.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';
import type { Compared, ComparedVersion } from './checked-table.ts';

/** The references that a suite compares with, and whether it needs the profile of what they name. */
export function comparedReferences(suite: Suite): ReadonlyMap<string, boolean> {
  const withProfile = new Map<string, boolean>();
  for (const one of suite.expectations) {
    if (one.type === 'column.drift') withProfile.set(one.from, true);
    else if (one.type === 'column.references' || one.type === 'table.rowCountLike')
      withProfile.set(one.dataset, withProfile.get(one.dataset) ?? false);
  }
  return withProfile;
}

/**
 * Opens the versions that a suite compares with: their files have to be named when the engine is opened. References are
 * resolved, unless `versions` says what they mean.
 */
export async function comparedVersions(
  ctx: Context,
  suite: Suite,
  versions?: ReadonlyMap<string, DatasetVersion>,
): Promise<{ readonly compared: Compared; readonly files: readonly string[] }> {
  const files: string[] = [];
  const compared = new Map<string, ComparedVersion | TrestleError>();
  for (const [reference, needsProfile] of comparedReferences(suite)) {
    try {
      const version = versions?.get(reference) ?? (await resolveVersion(ctx, reference));
      const own = await partFiles(ctx, await readManifest(ctx, version.digest));
      compared.set(reference, {
        relation: parquetRelation(own),
        rows: version.rows,
        columns: version.columns,
        profile: needsProfile ? await versionProfile(ctx, version) : undefined,
      });
      files.push(...own);
    } catch (thrown) {
      // What does not compare with it is judged all the same.
      if (!isTrestleError(thrown)) throw thrown;
      compared.set(reference, thrown);
    }
  }
  return { compared, files };
}
