import { writeFile } from 'node:fs/promises';
import type { DatasetVersion } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { dataError } from '../data-error.ts';
import { versionSketch } from '../sketch/version-sketch.ts';
import { resolveVersion } from '../version/versions.ts';
import { profileOf } from './profile-of.ts';
import { profilePage } from './profile-page.ts';
import type { Profile } from './profile-schema.ts';
import { versionLeaks } from './version-leaks.ts';

export interface ProfileInput {
  readonly name: string;
  readonly target?: string | undefined;
  readonly html?: string | undefined;
}

/** Statistics of a version; with a target, columns that leak it; with a file, a report in it. */
export async function profileVersion(ctx: Context, input: ProfileInput): Promise<Profile> {
  const version = await resolveVersion(ctx, input.name);
  const profile: Profile = { ...(await versionProfile(ctx, version)) };
  if (input.target !== undefined) profile.leaks = await versionLeaks(ctx, version, input.target, ctx.signal);
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

/** The profile of a version, from the sketches of its parts: each is made once, then read back. */
export async function versionProfile(ctx: Context, version: DatasetVersion): Promise<Profile> {
  const { dataset, version: number } = version;
  const sketch = await versionSketch(ctx, version, ctx.signal, (fraction) =>
    ctx.progress({ step: `profiling ${dataset}@${number}`, fraction }),
  );
  return { dataset, version: number, ...profileOf(sketch) };
}
