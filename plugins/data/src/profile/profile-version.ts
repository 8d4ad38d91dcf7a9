import { writeFile } from 'node:fs/promises';
import type { DatasetVersion } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { z } from 'zod';
import { dataError } from '../data-error.ts';
import type { DataTables } from '../data-tables.ts';
import { chooseColumns } from '../version/read-batches.ts';
import { withVersion } from '../version/version-relation.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';
import { takeSample } from './correlations.ts';
import { leaksOf } from './leaks.ts';
import { profilePage } from './profile-page.ts';
import { profileRelation } from './profile-relation.ts';
import { type Profile, profileSchema } from './profile-schema.ts';

export interface ProfileInput {
  readonly name: string;
  readonly target?: string | undefined;
  readonly html?: string | undefined;
}

/** Statistics of a version; with a target, columns that leak it; with a file, a report in it. */
export async function profileVersion(ctx: Context, input: ProfileInput): Promise<Profile> {
  const version = await resolveVersion(ctx, input.name);
  const profile: Profile = { ...(await versionProfile(ctx, version)) };
  if (input.target !== undefined) profile.leaks = await versionLeaks(ctx, version, input.target);
  if (input.html === undefined) return profile;
  // Asking must not write on a server: this is a query, which any page may cause.
  if (ctx.surface === 'http') {
    throw dataError('REPORT_LOCAL', {
      kind: 'unsupported',
      message: 'A report is written on the command line only.',
      hint: 'Ask for the profile, or see it in the Studio.',
    });
  }
  await writeFile(await ctx.files.write(input.html), profilePage(profile));
  return { ...profile, html: input.html };
}

/** The profile of a version; computed once per content, then read back. */
export async function versionProfile(ctx: Context, version: DatasetVersion): Promise<Profile> {
  const metadata = await ctx.service(metadataToken);
  const known = await metadata
    .query<DataTables>()
    .selectFrom('dataset_profiles')
    .select('profile')
    .where('digest', '=', version.digest)
    .executeTakeFirst();
  const names = { dataset: version.dataset, version: version.version };
  // What an older release kept may lack something; it is computed anew.
  const kept =
    known && profileSchema.safeParse({ ...z.looseObject({}).parse(JSON.parse(known.profile)), ...names });
  if (kept?.success) return kept.data;
  const manifest = await readManifest(ctx, version.digest);
  const found = await withVersion(ctx, manifest, ctx.signal, (engine, relation) =>
    profileRelation(engine, relation, version.columns, (fraction) =>
      ctx.progress({ step: `profiling ${version.dataset}@${version.version}`, fraction }),
    ),
  );
  const profile: Profile = { ...names, ...found };
  const row = { digest: version.digest, profile: JSON.stringify(profile) };
  await metadata.write<DataTables, void>(async (db) => {
    await db
      .insertInto('dataset_profiles')
      .values(row)
      .onConflict((conflict) => conflict.column('digest').doUpdateSet(row))
      .execute();
  });
  return profile;
}

async function versionLeaks(ctx: Context, version: DatasetVersion, name: string): Promise<Profile['leaks']> {
  const [target] = chooseColumns(version.columns, [name]);
  if (!target) return [];
  const manifest = await readManifest(ctx, version.digest);
  return await withVersion(ctx, manifest, ctx.signal, async (engine, relation) => {
    await takeSample(engine, relation, version.columns);
    return await leaksOf(engine, version.columns.slice(0, 1_000), target);
  });
}
