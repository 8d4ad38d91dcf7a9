import type { DatasetVersion } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { takeSample } from '@trestle/tables';
import { chooseColumns } from '../version/read-batches.ts';
import { withVersion } from '../version/version-relation.ts';
import { readManifest } from '../version/versions.ts';
import { leaksOf } from './leaks.ts';
import type { Profile } from './profile-schema.ts';

/** Of wider tables so many columns are looked at. */
const MOST_COLUMNS = 1_000;

/** Columns of a version that alone nearly tell another one of them. */
export async function versionLeaks(
  scope: Scope,
  version: DatasetVersion,
  name: string,
  signal: AbortSignal,
): Promise<NonNullable<Profile['leaks']>> {
  const [target] = chooseColumns(version.columns, [name]);
  if (!target) return [];
  const manifest = await readManifest(scope, version.digest);
  return await withVersion(scope, manifest, signal, async (engine, relation) => {
    await takeSample(engine, relation, version.columns);
    return await leaksOf(engine, version.columns.slice(0, MOST_COLUMNS), target);
  });
}
