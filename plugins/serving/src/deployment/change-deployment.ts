import {
  type aliasEvents,
  type Deployment,
  deploymentEvents,
  type ModelVersion,
  modelsToken,
  parseReference,
} from '@trestle/contracts';
import { type Actor, type EventOf, invariant, type Scope } from '@trestle/kernel';
import { type Change, metadataToken } from '@trestle/store';
import { findExecutors } from '../executor/find-executors.ts';
import { servingError } from '../serving-error.ts';
import type { ServingTables } from '../serving-tables.ts';
import {
  newestRevision,
  newestRevisions,
  type Revision,
  readRevisions,
  standing,
  toDeployment,
} from './revisions.ts';

/**
 * Makes or changes a deployment. A reference with an alias makes it follow that alias.
 *
 * @throws TRS_SERVING_EXECUTOR_…, TRS_SERVING_GATE_REFUSED when the model does not answer its golden examples, TRS_REGISTRY_UNKNOWN_…
 */
export async function deployModel(
  scope: Scope,
  actor: Actor,
  wanted: {
    readonly model: string;
    readonly deployment?: string | undefined;
    readonly executor?: string | undefined;
  },
): Promise<Deployment> {
  if (wanted.executor !== undefined) findExecutors(scope, wanted.executor);
  const { name, selector } = parseReference(wanted.model);
  const models = await scope.service(modelsToken);
  const model = await models.resolve(wanted.model);
  const target = wanted.deployment ?? name;
  const refused = await models.refusal(model, { kind: 'deployment', deployment: target });
  if (refused) {
    throw servingError('GATE_REFUSED', {
      kind: 'refused',
      message: `${model.name}@${model.version} is not deployed: ${refused.detail}`,
      hint: `The gate "${refused.gate}" refuses it; see "trestle model verify ${model.name}@${model.version}".`,
      details: { gate: refused.gate },
    });
  }
  const follows = selector.kind === 'alias' ? selector.alias : null;
  return await addRevision(scope, actor, target, 'deployed', (newest) => {
    const executor = wanted.executor ?? newest?.executor ?? null;
    const isSame =
      newest?.digest === model.digest && newest.follows === follows && newest.executor === executor;
    return isSame ? undefined : { model, follows, executor };
  });
}

/**
 * Returns a deployment to the model that it served before. It follows no alias then, so that it stays there.
 *
 * @throws TRS_SERVING_UNKNOWN_DEPLOYMENT, TRS_SERVING_NOTHING_TO_ROLL_BACK
 */
export async function rollBackDeployment(
  scope: Scope,
  actor: Actor,
  deployment: string,
): Promise<Deployment> {
  await newestRevision(scope, deployment);
  return await addRevision(scope, actor, deployment, 'rolled-back', (_newest, revisions) => {
    const before = standing(revisions).at(-2);
    if (before) {
      const { model: name, version, digest, executor } = before;
      return { model: { name, version, digest }, follows: null, executor };
    }
    throw servingError('NOTHING_TO_ROLL_BACK', {
      kind: 'conflict',
      message: `"${deployment}" has served no other model before.`,
      hint: `Choose a version with "trestle deploy MODEL@VERSION --name ${deployment}".`,
      details: { deployment },
    });
  });
}

/** Lets the deployments that follow an alias serve the version that it points at now, in the change that moves it. */
export async function followAlias(
  change: Change<ServingTables>,
  { payload, actor }: EventOf<(typeof aliasEvents)['promoted' | 'rolled-back']>,
): Promise<void> {
  const { name, version, alias, digest = '' } = payload;
  const following = await newestRevisions(change.db, { model: name, follows: alias });
  for (const newest of following) {
    if (newest.digest === digest) continue;
    await insert(change, {
      ...newest,
      revision: newest.revision + 1,
      version,
      digest,
      kind: 'followed',
      actor,
      created_at: new Date().toISOString(),
    });
  }
}

type Next = {
  readonly model: Pick<ModelVersion, 'name' | 'version' | 'digest'>;
  readonly follows: string | null;
  readonly executor: string | null;
};

/** Adds what `next` decides, inside the change, from the revisions so far; nothing when it decides so. */
async function addRevision(
  scope: Scope,
  actor: Actor,
  deployment: string,
  kind: Revision['kind'],
  next: (newest: Revision | undefined, revisions: readonly Revision[]) => Next | undefined,
): Promise<Deployment> {
  const metadata = await scope.service(metadataToken);
  return await metadata.change<ServingTables, Deployment>(actor, async (change) => {
    const revisions = await readRevisions(change.db, deployment);
    const newest = revisions.at(-1);
    const wanted = next(newest, revisions);
    if (!wanted && newest) return toDeployment(newest);
    const { model, follows, executor } = invariant(wanted, `the first revision of ${deployment}`);
    return await insert(change, {
      deployment,
      revision: (newest?.revision ?? 0) + 1,
      model: model.name,
      version: model.version,
      digest: model.digest,
      follows,
      executor,
      kind,
      actor: actor.principal.id,
      created_at: new Date().toISOString(),
    });
  });
}

async function insert(change: Change<ServingTables>, revision: Revision): Promise<Deployment> {
  await change.db.insertInto('deployment_revisions').values(revision).execute();
  const model = `model:${revision.model}@${revision.version}`;
  const subject = `deployment:${revision.deployment}@${revision.revision}`;
  await change.link({ from: model, to: subject, kind: 'deployed' });
  await change.record(deploymentEvents[revision.kind], subject, {
    deployment: revision.deployment,
    revision: revision.revision,
    model: revision.model,
    version: revision.version,
    follows: revision.follows,
    ...(revision.executor === null ? {} : { executor: revision.executor }),
  });
  return toDeployment(revision);
}
