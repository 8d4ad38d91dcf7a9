import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Context } from '@trestle/kernel';
import type { Expectation } from '../config/suite.ts';
import { dataError } from '../data-error.ts';
import { checkSuite } from '../expectation/check-suite.ts';
import { proposeSuite } from '../expectation/propose-suite.ts';
import { versionProfile } from '../profile/profile-version.ts';
import { withVersion } from '../version/version-relation.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';

/**
 * Proposes expectations from a version's profile; only those that the version itself meets. Writes them as a suite when
 * asked to. @throws TRS_DATA_SUITE_EXISTS
 */
export async function expectOf(
  ctx: Context,
  input: { readonly name: string; readonly out?: string | undefined },
): Promise<{ dataset: string; version: number; expectations: Expectation[]; file?: string }> {
  const version = await resolveVersion(ctx, input.name);
  const proposed = proposeSuite(version.columns, await versionProfile(ctx, version));
  const manifest = await readManifest(ctx, version.digest);
  const report = await withVersion(ctx, manifest, ctx.signal, (engine, relation) =>
    checkSuite(engine, relation, { expectations: [...proposed] }),
  );
  // An approximate count may have taken a column for an id.
  const expectations = proposed.filter((_, index) => report.results[index]?.passed);
  const named = { dataset: version.dataset, version: version.version, expectations };
  if (input.out === undefined) return named;
  // The folder in which suites are looked for is made for the first of them; no other is.
  const usual = join(ctx.project.dir, 'expectations');
  if (ctx.surface === 'cli' && dirname(resolve(input.out)) === usual) await mkdir(usual, { recursive: true });
  const path = await ctx.files.write(input.out);
  await writeFile(path, suiteText(expectations), { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause;
    throw dataError('SUITE_EXISTS', {
      kind: 'conflict',
      message: `"${input.out}" is there already.`,
      hint: 'Somebody may have changed it by hand: name another file, or remove it first.',
      details: { path: input.out },
      cause,
    });
  });
  return { ...named, file: input.out };
}

/** One expectation a line, without what is the default anyway, so that a change shows as a line. */
function suiteText(expectations: readonly Expectation[]): string {
  const lines = expectations.map(({ severity, mostly, ...rest }) =>
    JSON.stringify({
      ...rest,
      ...(severity === 'error' ? {} : { severity }),
      ...(mostly === 1 ? {} : { mostly }),
    }),
  );
  return `{\n  "expectations": [\n    ${lines.join(',\n    ')}\n  ]\n}\n`;
}
