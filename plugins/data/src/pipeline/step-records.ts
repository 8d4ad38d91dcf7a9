import type { Scope } from '@trestle/kernel';
import { blobsToken, metadataToken } from '@trestle/store';
import type { Kysely, Selectable } from 'kysely';
import type { Manifest } from '../version/manifest.ts';
import { readManifest } from '../version/versions.ts';
import { type KeyParts, keyPartsSchema } from './step-key.ts';
import type { StepTables } from './step-tables.ts';

/** What a step made once. */
export interface Made {
  readonly digest: string;
  readonly parts: KeyParts;
}

const toMade = (row: Pick<Selectable<StepTables['pipeline_steps']>, 'digest' | 'parts'>): Made => ({
  digest: row.digest,
  parts: keyPartsSchema.parse(JSON.parse(row.parts)),
});

/** What was made under a key, if all of it is still there. */
export async function madeUnder(scope: Scope, key: string): Promise<Made | undefined> {
  const metadata = await scope.service(metadataToken);
  const row = await metadata
    .query<StepTables>()
    .selectFrom('pipeline_steps')
    .selectAll()
    .where('key', '=', key)
    .executeTakeFirst();
  return row && (await manifestThere(scope, row.digest)) ? toMade(row) : undefined;
}

/** The manifest of a digest, unless it or one of its parts was removed since. */
export async function manifestThere(scope: Scope, digest: string): Promise<Manifest | undefined> {
  const blobs = await scope.service(blobsToken);
  if (!(await blobs.has(digest))) return undefined;
  const manifest = await readManifest(scope, digest);
  const there = await Promise.all(manifest.parts.map((part) => blobs.has(part.digest)));
  return there.every(Boolean) ? manifest : undefined;
}

/** What a step made last. */
export async function madeLast(scope: Scope, pipeline: string, step: string): Promise<Made | undefined> {
  const metadata = await scope.service(metadataToken);
  const row = await metadata
    .query<StepTables>()
    .selectFrom('pipeline_steps')
    .selectAll()
    .where('pipeline', '=', pipeline)
    .where('step', '=', step)
    .orderBy('made_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && toMade(row);
}

/** Remembers what a step made, in the change that makes a version of it. */
export async function rememberMade(
  db: Kysely<StepTables>,
  what: { readonly key: string; readonly pipeline: string; readonly step: string } & Made,
): Promise<void> {
  const { key, pipeline, step, digest } = what;
  const values = {
    pipeline,
    step,
    digest,
    parts: JSON.stringify(what.parts),
    made_at: new Date().toISOString(),
  };
  await db
    .insertInto('pipeline_steps')
    .values({ key, ...values })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(values))
    .execute();
}
