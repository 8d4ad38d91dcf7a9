import { type Deployment, deploymentEvents, type Rollout } from '@trestle/contracts';
import { didYouMean, type Scope } from '@trestle/kernel';
import { type Change, metadataToken } from '@trestle/store';
import type { Kysely, Selectable } from 'kysely';
import { servingError } from '../serving-error.ts';
import type { ServingTables } from '../serving-tables.ts';

export type Revision = Selectable<ServingTables['deployment_revisions']>;

/** Every revision of a deployment, the first one first. */
export const readRevisions = async (
  db: Kysely<ServingTables>,
  deployment: string,
): Promise<readonly Revision[]> =>
  await db
    .selectFrom('deployment_revisions')
    .selectAll()
    .where('deployment', '=', deployment)
    .orderBy('revision')
    .execute();

/** The newest revisions of the deployments that serve a model because they follow one of its aliases. */
export const newestRevisions = async (
  db: Kysely<ServingTables>,
  { model, follows }: Pick<Revision, 'model'> & { readonly follows: string },
): Promise<readonly Revision[]> =>
  await db
    .selectFrom('deployment_revisions as one')
    .selectAll()
    .where('model', '=', model)
    .where('follows', '=', follows)
    .where('revision', '=', (eb) =>
      eb
        .selectFrom('deployment_revisions as any')
        .select((of) => of.fn.max('any.revision').as('newest'))
        .whereRef('any.deployment', '=', 'one.deployment')
        .where('any.kind', '!=', 'challenger'),
    )
    .execute();

/** The revision that serves. @throws TRS_SERVING_UNKNOWN_DEPLOYMENT */
export async function newestRevision(scope: Scope, deployment: string): Promise<Revision> {
  const db = (await scope.service(metadataToken)).query<ServingTables>();
  const revision = await db
    .selectFrom('deployment_revisions')
    .selectAll()
    .where('deployment', '=', deployment)
    .where('kind', '!=', 'challenger')
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (revision) return revision;
  const names = await deploymentNames(scope);
  throw servingError('UNKNOWN_DEPLOYMENT', {
    kind: 'not-found',
    message: `There is no deployment "${deployment.slice(0, 100)}".${didYouMean(deployment, names)}`,
    hint: 'See "trestle deployment list", or make one with "trestle deploy MODEL --name NAME".',
    details: { deployment: deployment.slice(0, 100) },
  });
}

export async function deploymentNames(scope: Scope): Promise<readonly string[]> {
  const db = (await scope.service(metadataToken)).query<ServingTables>();
  const rows = await db
    .selectFrom('deployment_revisions')
    .select('deployment')
    .distinct()
    .orderBy('deployment')
    .execute();
  return rows.map((row) => row.deployment);
}

/**
 * The revisions that a rollback would return to, the current one last: a change of model adds one, a rollback takes one
 * off. So a second rollback goes further back instead of forth again.
 */
export function standing(revisions: readonly Revision[]): readonly Revision[] {
  const stack: Revision[] = [];
  for (const revision of revisions) {
    if (revision.kind === 'challenger') continue;
    if (revision.kind === 'rolled-back') stack.pop();
    else if (stack.at(-1)?.digest !== revision.digest) stack.push(revision);
  }
  return stack;
}

/** A deployment as its serving revision has it, and the rollout that is under way. */
export const toDeployment = (revision: Revision, rollout?: Rollout): Deployment => {
  const { deployment, model, version, digest } = revision;
  const percent = rollout ? 100 * rollout.share : 0;
  return {
    deployment,
    revision: revision.revision,
    model: { name: model, version, digest },
    ...(revision.follows === null ? {} : { follows: revision.follows }),
    ...(revision.executor === null ? {} : { executor: revision.executor }),
    strategy: rollout?.strategy ?? 'immediate',
    traffic: [
      { model, version, percent: 100 - percent },
      ...(rollout && percent > 0
        ? [{ model: rollout.challenger.name, version: rollout.challenger.version, percent }]
        : []),
    ],
    ...(rollout ? { rollout } : {}),
    createdAt: revision.created_at,
  };
};

/** Adds a revision inside a change, with its event and where it comes from. */
export async function insertRevision(change: Change<ServingTables>, revision: Revision): Promise<Deployment> {
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
