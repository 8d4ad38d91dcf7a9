import {
  type aliasEvents,
  type Deployment,
  type ModelVersion,
  modelsToken,
  parseReference,
} from '@trestle/contracts';
import { type Actor, type EventOf, invariant, type Scope } from '@trestle/kernel';
import { type Change, metadataToken } from '@trestle/store';
import { findExecutors } from '../executor/find-executors.ts';
import { servingError } from '../serving-error.ts';
import type { ServingTables } from '../serving-tables.ts';
import { endRollout } from './change-rollout.ts';
import {
  insertRevision,
  newestRevision,
  newestRevisions,
  type Revision,
  readRevisions,
  standing,
  toDeployment,
} from './revisions.ts';
import { activeRollouts, type RolloutRow } from './rollout-records.ts';

/** A version that is to serve, and the alias that the deployment then follows. */
export interface Wanted {
  readonly target: string;
  readonly model: ModelVersion;
  readonly follows: string | null;
  /** Where its graph is to run; as the champion’s where left out. */
  readonly executor: string | undefined;
}

/**
 * The version that a reference names, once every gate has let it through. A reference with an alias makes the deployment follow that.
 *
 * @throws TRS_SERVING_EXECUTOR_…, TRS_SERVING_GATE_REFUSED when the model does not answer its golden examples, TRS_REGISTRY_UNKNOWN_…
 */
export async function resolveWanted(
  scope: Scope,
  wanted: {
    readonly model: string;
    readonly deployment?: string | undefined;
    readonly executor?: string | undefined;
  },
): Promise<Wanted> {
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
  return { target, model, follows, executor: wanted.executor };
}

/** Makes or changes a deployment at once. @throws TRS_SERVING_ROLLOUT_UNDER_WAY */
export async function deployModel(
  scope: Scope,
  actor: Actor,
  { target, model, follows, executor: asked }: Wanted,
): Promise<Deployment> {
  return await addRevision(scope, actor, target, 'deployed', (newest) => {
    const executor = asked ?? newest?.executor ?? null;
    const isSame =
      newest?.digest === model.digest && newest.follows === follows && newest.executor === executor;
    return isSame ? undefined : { model, follows, executor };
  });
}

/**
 * Returns a deployment to the model that it served before. It follows no alias then, so that it stays there. While a rollout is under
 * way that is the champion: the rollout ends.
 *
 * @throws TRS_SERVING_UNKNOWN_DEPLOYMENT, TRS_SERVING_NOTHING_TO_ROLL_BACK
 */
export async function rollBackDeployment(
  scope: Scope,
  actor: Actor,
  deployment: string,
): Promise<Deployment> {
  const serving = await newestRevision(scope, deployment);
  const metadata = await scope.service(metadataToken);
  const isEnded = await metadata.change<ServingTables, boolean>(actor, async (change) => {
    const [row] = await activeRollouts(change.db, deployment);
    if (row)
      await endRollout(change, actor.principal.id, row, 'rolled-back', {
        reasons: [`${actor.principal.id} ordered it.`],
        measures: [],
      });
    return row !== undefined;
  });
  if (isEnded) return toDeployment(serving);
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
    const [rollout] = await activeRollouts(change.db, newest.deployment);
    if (rollout)
      await endRollout(change, actor, rollout, 'superseded', {
        reasons: [`The alias "${alias}", which the deployment follows, moved to ${name}@${version}.`],
        measures: [],
      });
    const last = (await readRevisions(change.db, newest.deployment)).at(-1);
    await insertRevision(change, {
      ...newest,
      revision: invariant(last, `a revision of ${newest.deployment}`).revision + 1,
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
    const [rollout] = await activeRollouts(change.db, deployment);
    if (rollout) throw underWay(rollout);
    const revisions = await readRevisions(change.db, deployment);
    const newest = revisions.findLast(({ kind }) => kind !== 'challenger');
    const wanted = next(newest, revisions);
    if (!wanted && newest) return toDeployment(newest);
    const { model, follows, executor } = invariant(wanted, `the first revision of ${deployment}`);
    return await insertRevision(change, {
      deployment,
      revision: (revisions.at(-1)?.revision ?? 0) + 1,
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

/** @throws always: a deployment changes in one way at a time */
export const underWay = ({ deployment, rollout, strategy }: RolloutRow) =>
  servingError('ROLLOUT_UNDER_WAY', {
    kind: 'conflict',
    message: `"${deployment}" has a rollout under way: number ${rollout}, ${strategy}.`,
    hint: `Wait for its verdict, or end it: "trestle deployment promote ${deployment}", or "trestle deployment abort ${deployment}".`,
    details: { deployment, rollout },
  });
