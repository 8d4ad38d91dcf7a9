import type { Deployment, RolloutPlan, RolloutSoFar } from '@trestle/contracts';
import { type Actor, didYouMean, invariant, type Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { servingError } from '../serving-error.ts';
import type { ServingTables } from '../serving-tables.ts';
import { underWay, type Wanted } from './change-deployment.ts';
import { recordRollout } from './change-rollout.ts';
import { deploymentNames, insertRevision, readRevisions, toDeployment } from './revisions.ts';
import { activeRollouts, challengerOf, emptyStep, type RolloutRow, toRollout } from './rollout-records.ts';

/** What a strategy is asked of before a rollout begins. */
export const beforeAnything = (plan: RolloutPlan): RolloutSoFar => ({
  step: 0,
  evidence: [emptyStep(0, plan.traffic({ step: 0, memory: undefined }).share)],
  elapsedMs: 0,
  stepMs: 0,
  processes: { serving: 0, warm: 0 },
  memory: undefined,
});

export interface Start {
  readonly strategy: string;
  readonly plan: RolloutPlan;
  /** The header of which equal values get the same version. */
  readonly sticky: string;
  /** Everything is checked, and nothing changed. */
  readonly isDryRun: boolean;
}

/**
 * Begins a rollout of a version beside the one that serves.
 *
 * @throws TRS_SERVING_ROLLOUT_UNDER_WAY, TRS_SERVING_NO_CHAMPION, TRS_SERVING_SAME_MODEL
 */
export async function startRollout(
  scope: Scope,
  actor: Actor,
  wanted: Wanted,
  { strategy, plan, sticky, isDryRun }: Start,
): Promise<Deployment> {
  const metadata = await scope.service(metadataToken);
  const { target, model, follows } = wanted;
  const check = async (db: Parameters<typeof readRevisions>[0]) => {
    const [active] = await activeRollouts(db, target);
    if (active) throw underWay(active);
    const revisions = await readRevisions(db, target);
    const champion = revisions.findLast(({ kind }) => kind !== 'challenger');
    if (!champion) throw noChampion(target, strategy, await deploymentNames(scope));
    if (champion.digest === model.digest) throw sameModel(target, model);
    return { revisions, champion };
  };
  if (isDryRun) return toDeployment((await check(metadata.query<ServingTables>())).champion);
  const at = { step: 0, memory: undefined };
  return await metadata.change<ServingTables, Deployment>(actor, async (change) => {
    const { revisions, champion } = await check(change.db);
    const by = actor.principal.id;
    const now = new Date();
    const revision = invariant(revisions.at(-1), 'the newest revision').revision + 1;
    await insertRevision(change, {
      deployment: target,
      revision,
      model: model.name,
      version: model.version,
      digest: model.digest,
      follows,
      executor: wanted.executor ?? champion.executor,
      kind: 'challenger',
      actor: by,
      created_at: now.toISOString(),
    });
    const { before } = await change.db
      .selectFrom('rollouts')
      .select((eb) => eb.fn.coalesce(eb.fn.max('rollout'), eb.lit(0)).as('before'))
      .where('deployment', '=', target)
      .executeTakeFirstOrThrow();
    const row: RolloutRow = {
      deployment: target,
      rollout: Number(before) + 1,
      strategy,
      options: JSON.stringify(plan.options),
      sticky,
      state: 'running',
      revision,
      champion: champion.revision,
      step: 0,
      ...plan.traffic(at),
      memory: 'null',
      verdict: JSON.stringify({ decision: 'hold', reasons: ['Nothing has been seen yet.'], measures: [] }),
      elapsed_ms: 0,
      step_ms: 0,
      resumed_at: now.getTime(),
      actor: by,
      started_at: now.toISOString(),
      finished_at: null,
    };
    await change.db.insertInto('rollouts').values(row).execute();
    await recordRollout(change, by, row, 'started', { reasons: plan.explain, measures: [] }, {});
    return toDeployment(champion, toRollout(row, await challengerOf(change.db, row)));
  });
}

const noChampion = (deployment: string, strategy: string, names: readonly string[]) =>
  servingError('NO_CHAMPION', {
    kind: 'conflict',
    message: `There is no deployment "${deployment}" that a ${strategy} could be compared with.${didYouMean(deployment, names)}`,
    hint: `Deploy a first version at once: "trestle deploy MODEL --name ${deployment}".`,
    details: { deployment },
  });

const sameModel = (deployment: string, model: Wanted['model']) =>
  servingError('SAME_MODEL', {
    kind: 'conflict',
    message: `"${deployment}" serves ${model.name}@${model.version} already.`,
    hint: 'A rollout brings another version than the one that serves.',
    details: { deployment, model: model.name, version: model.version },
  });
