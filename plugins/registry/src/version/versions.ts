import { type ModelVersion, metricsSchema, parseReference } from '@trestle/contracts';
import { didYouMean, type Scope } from '@trestle/kernel';
import { metadataToken, readStored } from '@trestle/store';
import type { Kysely, Selectable } from 'kysely';
import { registryError } from '../registry-error.ts';
import type { RegistryTables } from '../registry-tables.ts';

type VersionRow = Selectable<RegistryTables['model_versions']>;

function toVersion(row: VersionRow, aliases: readonly string[]): ModelVersion {
  const metrics = readStored(metricsSchema, row.metrics);
  return {
    name: row.name,
    version: row.version,
    digest: row.digest,
    aliases: [...aliases],
    ...(row.task === null ? {} : { task: row.task }),
    ...(row.estimator === null ? {} : { estimator: row.estimator }),
    ...(row.run === null ? {} : { run: row.run }),
    ...(row.dataset === null ? {} : { dataset: row.dataset }),
    metrics: metrics.value ?? {},
    createdAt: row.created_at,
    ...(metrics.unreadable === undefined ? {} : { unreadable: `its metrics: ${metrics.unreadable}` }),
  };
}

/** Versions by name, the newest of each first; of one model when it is named. */
export async function readVersions(
  db: Kysely<RegistryTables>,
  name?: string,
): Promise<readonly ModelVersion[]> {
  const ofName = name === undefined ? [] : [name];
  const rows = await db
    .selectFrom('model_versions')
    .selectAll()
    .$if(name !== undefined, (query) => query.where('name', 'in', ofName))
    .orderBy('name')
    .orderBy('version', 'desc')
    .execute();
  const aliases = await db
    .selectFrom('model_aliases')
    .selectAll()
    .$if(name !== undefined, (query) => query.where('name', 'in', ofName))
    .orderBy('alias')
    .execute();
  return rows.map((row) =>
    toVersion(
      row,
      aliases.filter((one) => one.name === row.name && one.version === row.version).map((one) => one.alias),
    ),
  );
}

export async function listModels(scope: Scope, name?: string): Promise<readonly ModelVersion[]> {
  const metadata = await scope.service(metadataToken);
  return await readVersions(metadata.query<RegistryTables>(), name);
}

/** @throws TRS_REGISTRY_UNKNOWN_MODEL, TRS_REGISTRY_UNKNOWN_VERSION, TRS_REGISTRY_UNKNOWN_ALIAS */
export async function resolveModel(scope: Scope, reference: string): Promise<ModelVersion> {
  const { name, selector } = parseReference(reference);
  const versions = await listModels(scope, name);
  const [newest] = versions;
  if (!newest) throw unknownModel(name, await listModels(scope));
  if (selector.kind === 'latest') return newest;
  const found =
    selector.kind === 'version'
      ? versions.find((one) => one.version === selector.version)
      : versions.find((one) => one.aliases.includes(selector.alias));
  if (found) return found;
  if (selector.kind === 'version') throw unknownVersion(name, selector.version, newest.version);
  const aliases = versions.flatMap((one) => one.aliases);
  throw registryError('UNKNOWN_ALIAS', {
    kind: 'not-found',
    message: `The model "${name}" has no alias "${selector.alias}".${didYouMean(selector.alias, aliases)}`,
    hint: `Set it with "trestle model promote ${name} VERSION --alias ${selector.alias}".`,
    details: { model: name, alias: selector.alias, known: aliases },
  });
}

export function unknownModel(name: string, known: readonly ModelVersion[]) {
  const names = new Set(known.map((one) => one.name));
  return registryError('UNKNOWN_MODEL', {
    kind: 'not-found',
    message: `There is no model "${name}".${didYouMean(name, names)}`,
    hint: 'See "trestle model list", or register one with "trestle train … --register NAME".',
    details: { model: name },
  });
}

export const unknownVersion = (name: string, version: number, newest: number) =>
  registryError('UNKNOWN_VERSION', {
    kind: 'not-found',
    message: `The model "${name}" has no version ${version}; the newest is ${newest}.`,
    hint: `See "trestle model show ${name}".`,
    details: { model: name, version },
  });
