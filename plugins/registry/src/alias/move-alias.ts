import { aliasEvents, type ModelVersion, NAME_PATTERN } from '@trestle/contracts';
import type { Actor, Scope } from '@trestle/kernel';
import { type Change, metadataToken } from '@trestle/store';
import type { Kysely } from 'kysely';
import { registryError } from '../registry-error.ts';
import type { RegistryTables } from '../registry-tables.ts';
import { refusal } from '../version/gate.ts';
import { resolveModel } from '../version/versions.ts';
import { standing } from './alias-history.ts';

export interface AliasTarget {
  readonly name: string;
  readonly version: number;
  readonly alias: string;
}

export interface MovedAlias extends AliasTarget {
  /** The version that had the alias before; null when none had it. */
  readonly previous: number | null;
}

/**
 * Points an alias at a version, after that version has passed its verification. Pointing it where it points already
 * changes nothing.
 *
 * @throws TRS_REGISTRY_ALIAS_INVALID, TRS_REGISTRY_UNKNOWN_MODEL, TRS_REGISTRY_UNKNOWN_VERSION, TRS_REGISTRY_GATE_REFUSED
 */
export async function promoteModel(scope: Scope, actor: Actor, target: AliasTarget): Promise<MovedAlias> {
  checkAlias(target.alias);
  const { digest } = await passGate(scope, target);
  const metadata = await scope.service(metadataToken);
  return await metadata.change<RegistryTables, MovedAlias>(actor, async (change) => {
    const previous = await holderOf(change, target);
    if (previous === target.version) return { ...target, previous };
    await point(change, actor, { ...target, digest }, previous, 'promoted');
    return { ...target, previous };
  });
}

/**
 * Returns an alias to the version that had it before.
 *
 * @throws TRS_REGISTRY_NOTHING_TO_ROLL_BACK, TRS_REGISTRY_GATE_REFUSED when that version no longer verifies
 */
export async function rollBackAlias(
  scope: Scope,
  actor: Actor,
  { name, alias }: Omit<AliasTarget, 'version'>,
): Promise<MovedAlias> {
  checkAlias(alias);
  // Names an unknown model or alias.
  await resolveModel(scope, `${name}@${alias}`);
  const metadata = await scope.service(metadataToken);
  const before = await standingOf(metadata.query<RegistryTables>(), name, alias);
  const admitted = await passGate(scope, { name, alias, version: returnTo(before, name, alias) });
  return await metadata.change<RegistryTables, MovedAlias>(actor, async (change) => {
    const now = await standingOf(change.db, name, alias);
    const target = { name, alias, version: returnTo(now, name, alias) };
    if (target.version !== admitted.version) throw movedMeanwhile(target);
    const previous = now.at(-1) ?? null;
    await point(change, actor, { ...target, digest: admitted.digest }, previous, 'rolled-back');
    return { ...target, previous };
  });
}

async function passGate(scope: Scope, { name, version, alias }: AliasTarget): Promise<ModelVersion> {
  const model = await resolveModel(scope, `${name}@${version}`);
  const refused = await refusal(scope, model, { kind: 'alias', alias });
  if (!refused) return model;
  throw registryError('GATE_REFUSED', {
    kind: 'refused',
    message: `${name}@${version} may not become "${alias}": ${refused.detail}`,
    hint: `The gate "${refused.gate}" refuses it; see "trestle model verify ${name}@${version}". The alias stays where it is.`,
    details: { model: name, version, alias, gate: refused.gate },
  });
}

const standingOf = async (db: Kysely<RegistryTables>, name: string, alias: string) =>
  standing(
    await db
      .selectFrom('model_alias_moves')
      .select(['kind', 'version'])
      .where('name', '=', name)
      .where('alias', '=', alias)
      .orderBy('id')
      .execute(),
  );

/** The gates looked at another version than the one that it would return to now. */
const movedMeanwhile = ({ name, alias }: AliasTarget) =>
  registryError('ALIAS_MOVED', {
    kind: 'conflict',
    message: `"${alias}" of "${name}" was moved by somebody else while it was about to be rolled back.`,
    hint: `Look where it points now with "trestle model show ${name}", and roll back again if that is still wanted.`,
    details: { model: name, alias },
  });

function returnTo(versions: readonly number[], name: string, alias: string): number {
  const version = versions.at(-2);
  if (version !== undefined) return version;
  throw registryError('NOTHING_TO_ROLL_BACK', {
    kind: 'conflict',
    message: `"${alias}" of "${name}" has no earlier version to return to.`,
    hint: `Point it somewhere with "trestle model promote ${name} VERSION --alias ${alias}".`,
    details: { model: name, alias },
  });
}

async function holderOf(
  change: Change<RegistryTables>,
  { name, alias }: AliasTarget,
): Promise<number | null> {
  const row = await change.db
    .selectFrom('model_aliases')
    .select('version')
    .where('name', '=', name)
    .where('alias', '=', alias)
    .executeTakeFirst();
  return row?.version ?? null;
}

async function point(
  change: Change<RegistryTables>,
  actor: Actor,
  { name, version, alias, digest }: AliasTarget & { readonly digest: string },
  previous: number | null,
  kind: 'promoted' | 'rolled-back',
): Promise<void> {
  await change.db
    .insertInto('model_aliases')
    .values({ name, alias, version })
    .onConflict((conflict) => conflict.columns(['name', 'alias']).doUpdateSet({ version }))
    .execute();
  await change.db
    .insertInto('model_alias_moves')
    .values({
      name,
      alias,
      kind,
      version,
      previous,
      actor: actor.principal.id,
      time: new Date().toISOString(),
    })
    .execute();
  await change.record(aliasEvents[kind], `model:${name}@${version}`, {
    name,
    version,
    digest,
    alias,
    previous,
  });
}

/** Aliases stand where a version number or "latest" could, so they must be neither. */
function checkAlias(alias: string): void {
  if (NAME_PATTERN.test(alias) && !/^\d+$/.test(alias) && alias !== 'latest') return;
  throw registryError('ALIAS_INVALID', {
    kind: 'invalid',
    message: `"${alias.slice(0, 100)}" cannot be an alias.`,
    hint: 'Aliases hold letters, digits, dots, dashes and underscores; not only digits, and not "latest".',
  });
}
