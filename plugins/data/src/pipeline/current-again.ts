import type { DatasetVersion } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { commitVersion } from '../version/commit-version.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';
import { repeatColumnEdges } from './column-edges.ts';
import type { StepTables } from './step-tables.ts';

/** What was made before becomes the newest version of its dataset again, so that who reads the newest gets what was asked for. */
export async function currentAgain(ctx: Context, cached: DatasetVersion): Promise<DatasetVersion> {
  const { dataset, columns, source } = cached;
  const manifest = await readManifest(ctx, cached.digest);
  const madeFrom = [{ ref: `dataset:${dataset}@${cached.version}`, kind: 'repeated' }];
  const newest = await resolveVersion(ctx, dataset);
  if (newest.digest === cached.digest) return newest;
  return await commitVersion(ctx, ctx, { dataset, manifest, columns, source, madeFrom }, (db, again) =>
    repeatColumnEdges(db.withTables<StepTables>(), cached, again),
  );
}
