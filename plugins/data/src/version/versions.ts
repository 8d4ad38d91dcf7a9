import { columnSchema, type DatasetVersion, NAME_PATTERN, parseReference } from '@trestle/contracts';
import { didYouMean, type Scope } from '@trestle/kernel';
import { blobsToken, metadataToken, readStored } from '@trestle/store';
import type { Selectable } from 'kysely';
import { z } from 'zod';
import { dataError } from '../data-error.ts';
import type { DataTables } from '../data-tables.ts';
import { type Manifest, manifestSchema } from './manifest.ts';
import { type MomentReference, momentReference } from './moment.ts';

function toVersion(row: Selectable<DataTables['dataset_versions']>): DatasetVersion {
  const columns = readStored(z.array(columnSchema), row.columns);
  return {
    dataset: row.dataset,
    version: row.version,
    digest: row.digest,
    rows: row.rows,
    columns: columns.value ?? [],
    createdAt: row.created_at,
    source: row.source,
    ...(columns.unreadable === undefined ? {} : { unreadable: `its columns: ${columns.unreadable}` }),
  };
}

/** @throws TRS_DATA_VERSION_UNREADABLE: nothing may be taken for what a version holds that is not known */
export function checkReadable(version: DatasetVersion): DatasetVersion {
  if (version.unreadable === undefined) return version;
  throw dataError('VERSION_UNREADABLE', {
    kind: 'failed',
    message: `The record of ${version.dataset}@${version.version} cannot be read: ${version.unreadable}.`,
    hint: 'Restore the project from a backup, or add the data again; other versions are not affected.',
    details: { dataset: version.dataset, version: version.version },
  });
}

/** Every version, the newest of each dataset first. */
export async function listVersions(scope: Scope, dataset?: string): Promise<readonly DatasetVersion[]> {
  const metadata = await scope.service(metadataToken);
  let query = metadata.query<DataTables>().selectFrom('dataset_versions').selectAll();
  if (dataset !== undefined) query = query.where('dataset', '=', dataset);
  return (await query.orderBy('dataset').orderBy('version', 'desc').execute()).map(toVersion);
}

/**
 * The version that a reference names: by number, by tag, or the one that was the newest at a moment.
 *
 * @throws TRS_DATA_UNKNOWN_DATASET, TRS_DATA_UNKNOWN_VERSION, TRS_DATA_VERSION_RETIRED, TRS_DATA_MOMENT
 */
export async function resolveVersion(scope: Scope, reference: string): Promise<DatasetVersion> {
  const moment = await momentMeant(scope, reference);
  const { name, selector } = parseReference(moment?.name ?? reference);
  const versions = await listVersions(scope, name);
  if (versions.length === 0) {
    const known = new Set((await listVersions(scope)).map((version) => version.dataset));
    throw dataError('UNKNOWN_DATASET', {
      kind: 'not-found',
      message: `There is no dataset "${name}".${didYouMean(name, known)}`,
      hint: 'See "trestle data list", or add it with "trestle data add FILE --name NAME".',
    });
  }
  if (moment) return checkReadable(await newestAt(scope, moment, versions));
  const number =
    selector.kind === 'latest'
      ? versions[0]?.version
      : selector.kind === 'version'
        ? selector.version
        : await taggedVersion(scope, name, selector.alias);
  const found = versions.find((one) => one.version === number);
  if (found) return checkReadable(found);
  if (selector.kind === 'version') await refuseRetired(scope, name, selector.version);
  throw dataError('UNKNOWN_VERSION', {
    kind: 'not-found',
    message: `The dataset "${name}" has no version and no tag "${reference.split('@')[1]}"; the newest is ${versions[0]?.version}.`,
    hint: `See "trestle data show ${name}".`,
  });
}

/** A tag may be called like a day: it then means what it was given to. */
async function momentMeant(scope: Scope, reference: string): Promise<MomentReference | undefined> {
  const [name = '', tag = ''] = reference.split('@');
  if (!NAME_PATTERN.test(tag) || !/^\d+-/.test(tag)) return momentReference(reference);
  return (await taggedVersion(scope, name, tag)) === undefined ? momentReference(reference) : undefined;
}

/** @throws TRS_DATA_UNKNOWN_VERSION, TRS_DATA_VERSION_RETIRED, TRS_DATA_MOMENT */
async function newestAt(
  scope: Scope,
  { name, moment, at }: MomentReference,
  newestFirst: readonly DatasetVersion[],
): Promise<DatasetVersion> {
  if (at > Date.now()) {
    throw dataError('MOMENT', {
      kind: 'invalid',
      message: `${moment} has not come yet: which version of "${name}" will be the newest then is not known.`,
      hint: `The newest now is ${name}@${newestFirst[0]?.version}.`,
    });
  }
  const index = newestFirst.findIndex((version) => Date.parse(version.createdAt) <= at);
  const found = newestFirst[index];
  const next = (index === -1 ? newestFirst : newestFirst.slice(0, index)).at(-1);
  const retired = await retiredBetween(
    scope,
    name,
    found?.version ?? 0,
    next?.version ?? Number.MAX_SAFE_INTEGER,
  );
  // When a version was made that is gone is not known any more: it may have been the one.
  if (retired.length > 0) {
    throw dataError('VERSION_RETIRED', {
      kind: 'not-found',
      message: `Which version of "${name}" was the newest at ${moment} cannot be said: "data gc --keep" let go of ${retired.map((version) => `${name}@${version}`).join(', ')}.`,
      hint: `See "trestle data list" for what there is. A tag keeps a version: "trestle data tag ${name}@N NAME".`,
    });
  }
  if (found) return found;
  throw dataError('UNKNOWN_VERSION', {
    kind: 'not-found',
    message: `The dataset "${name}" had no version at ${moment}.`,
    hint: `Its first, ${name}@${next?.version}, was made at ${next?.createdAt}.`,
  });
}

async function retiredBetween(
  scope: Scope,
  dataset: string,
  above: number,
  below: number,
): Promise<readonly number[]> {
  const rows = await (await scope.service(metadataToken))
    .query<DataTables>()
    .selectFrom('dataset_retired')
    .select('version')
    .where('dataset', '=', dataset)
    .where('version', '>', above)
    .where('version', '<', below)
    .orderBy('version')
    .execute();
  return rows.map((row) => row.version);
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

/** What was to be known of how the rows of a version were read. */
export async function notesOf(
  scope: Scope,
  { dataset, version }: { readonly dataset: string; readonly version: number },
): Promise<readonly string[]> {
  const row = await (await scope.service(metadataToken))
    .query<DataTables>()
    .selectFrom('dataset_notes')
    .select('notes')
    .where('dataset', '=', dataset)
    .where('version', '=', version)
    .executeTakeFirst();
  return row ? z.array(z.string()).parse(JSON.parse(row.notes)) : [];
}

/** The names that a version has, beside its number. */
export async function tagsOf(
  scope: Scope,
  { dataset, version }: { readonly dataset: string; readonly version: number },
): Promise<readonly string[]> {
  const rows = await (await scope.service(metadataToken))
    .query<DataTables>()
    .selectFrom('dataset_tags')
    .select('tag')
    .where('dataset', '=', dataset)
    .where('version', '=', version)
    .orderBy('tag')
    .execute();
  return rows.map(({ tag }) => tag);
}

export async function readManifest(scope: Scope, digest: string): Promise<Manifest> {
  const blobs = await scope.service(blobsToken);
  const bytes = await blobs.read(digest, 64 * 2 ** 20);
  const read = readStored(manifestSchema, new TextDecoder().decode(bytes));
  if (read.value) return read.value;
  throw dataError('MANIFEST_UNREADABLE', {
    kind: 'failed',
    message: `What a version consists of cannot be read: ${read.unreadable}.`,
    hint: 'It may have been written by a newer Trestle: update, and try again.',
    details: { digest },
  });
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
