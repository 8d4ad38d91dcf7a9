import { columnSchema, type DatasetVersion, parseReference } from '@trestle/contracts';
import { didYouMean, type Scope } from '@trestle/kernel';
import { blobsToken, metadataToken } from '@trestle/store';
import type { Selectable } from 'kysely';
import { z } from 'zod';
import { dataError } from '../data-error.ts';
import type { DataTables } from '../data-tables.ts';
import { type Manifest, manifestSchema } from './manifest.ts';

const toVersion = (row: Selectable<DataTables['dataset_versions']>): DatasetVersion => ({
  dataset: row.dataset,
  version: row.version,
  digest: row.digest,
  rows: row.rows,
  columns: z.array(columnSchema).parse(JSON.parse(row.columns)),
  createdAt: row.created_at,
  source: row.source,
});

/** Every version, the newest of each dataset first. */
export async function listVersions(scope: Scope, dataset?: string): Promise<readonly DatasetVersion[]> {
  const metadata = await scope.service(metadataToken);
  let query = metadata.query<DataTables>().selectFrom('dataset_versions').selectAll();
  if (dataset !== undefined) query = query.where('dataset', '=', dataset);
  return (await query.orderBy('dataset').orderBy('version', 'desc').execute()).map(toVersion);
}

/** The version that a reference names. @throws TRS_DATA_UNKNOWN_DATASET, TRS_DATA_UNKNOWN_VERSION */
export async function resolveVersion(scope: Scope, reference: string): Promise<DatasetVersion> {
  const { name, selector } = parseReference(reference);
  const versions = await listVersions(scope, name);
  if (versions.length === 0) {
    const known = new Set((await listVersions(scope)).map((version) => version.dataset));
    throw dataError('UNKNOWN_DATASET', {
      kind: 'not-found',
      message: `There is no dataset "${name}".${didYouMean(name, known)}`,
      hint: 'See "trestle data list", or add it with "trestle data add FILE --name NAME".',
    });
  }
  const number =
    selector.kind === 'latest'
      ? versions[0]?.version
      : selector.kind === 'version'
        ? selector.version
        : await taggedVersion(scope, name, selector.alias);
  const found = versions.find((one) => one.version === number);
  if (found) return found;
  if (selector.kind === 'version') await refuseRetired(scope, name, selector.version);
  throw dataError('UNKNOWN_VERSION', {
    kind: 'not-found',
    message: `The dataset "${name}" has no version and no tag "${reference.split('@')[1]}"; the newest is ${versions[0]?.version}.`,
    hint: `See "trestle data show ${name}".`,
  });
}

/** @throws TRS_DATA_VERSION_RETIRED */
async function refuseRetired(scope: Scope, dataset: string, version: number): Promise<void> {
  const row = await (await scope.service(metadataToken))
    .query<DataTables>()
    .selectFrom('dataset_retired')
    .select('retired_at')
    .where('dataset', '=', dataset)
    .where('version', '=', version)
    .executeTakeFirst();
  if (!row) return;
  throw dataError('VERSION_RETIRED', {
    kind: 'not-found',
    message: `${dataset}@${version} was let go of by "data gc --keep" at ${row.retired_at}.`,
    hint: `See "trestle data list" for what there is. A tag keeps a version: "trestle data tag ${dataset}@N NAME".`,
  });
}

async function taggedVersion(scope: Scope, dataset: string, tag: string): Promise<number | undefined> {
  const metadata = await scope.service(metadataToken);
  const row = await metadata
    .query<DataTables>()
    .selectFrom('dataset_tags')
    .select('version')
    .where('dataset', '=', dataset)
    .where('tag', '=', tag)
    .executeTakeFirst();
  return row?.version;
}

export async function readManifest(scope: Scope, digest: string): Promise<Manifest> {
  const blobs = await scope.service(blobsToken);
  const bytes = await blobs.read(digest, 64 * 2 ** 20);
  return manifestSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
}

/** What was erased from a version, the oldest first. */
export async function erasuresOf(
  scope: Scope,
  { dataset, version }: { readonly dataset: string; readonly version: number },
): Promise<readonly { readonly erasure: string; readonly at: string; readonly rows: number }[]> {
  const rows = await (await scope.service(metadataToken))
    .query<DataTables>()
    .selectFrom('dataset_erasures')
    .selectAll()
    .orderBy('erased_at')
    .execute();
  return rows.flatMap((row) => {
    const found = erasedFromSchema
      .parse(JSON.parse(row.versions))
      .find((one) => one.dataset === dataset && one.version === version);
    return found ? [{ erasure: row.id, at: row.erased_at, rows: found.rows }] : [];
  });
}

const erasedFromSchema = z.array(z.object({ dataset: z.string(), version: z.number(), rows: z.number() }));
