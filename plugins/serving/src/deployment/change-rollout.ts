import { type Measure, rolloutEvents } from '@trestle/contracts';
import { type Actor, invariant, type Scope } from '@trestle/kernel';
import { type Change, metadataToken } from '@trestle/store';
import { servingError } from '../serving-error.ts';
import type { ServingTables } from '../serving-tables.ts';
import { insertRevision, newestRevision, readRevisions } from './revisions.ts';
import { activeRollouts, challengerOf, type RolloutRow } from './rollout-records.ts';

type RolloutChange = Change<ServingTables>;

/** Why something is done, and on which numbers. */
export interface Grounds {
  readonly reasons: readonly string[];
  readonly measures: readonly Measure[];
}

export const over = (deployment: string): never => {
  throw servingError('NO_ROLLOUT', {
    kind: 'conflict',
    message: `"${deployment}" has no rollout under way.`,
    hint: `Begin one with "trestle deploy MODEL --name ${deployment} --strategy canary".`,
    details: { deployment },
  });
};

/** Clocks of a rollout that goes on, stopped at a time. */
export const elapsed = (row: RolloutRow, now: number): { elapsed_ms: number; step_ms: number } => {
  const since = row.resumed_at === null ? 0 : Math.max(0, now - row.resumed_at);
  return { elapsed_ms: row.elapsed_ms + since, step_ms: row.step_ms + since };
};

/** Writes what becomes of a rollout, its entry in the history and its event: all of it, or nothing. */
export async function recordRollout(
  change: RolloutChange,
  actor: string,
  row: RolloutRow,
  kind: keyof typeof rolloutEvents,
  { reasons, measures }: Grounds,
  set: Partial<RolloutRow>,
): Promise<void> {
  const now: RolloutRow = { ...row, ...set };
  if (Object.keys(set).length > 0)
    await change.db
      .updateTable('rollouts')
      .set(set)
      .where('deployment', '=', row.deployment)
      .where('rollout', '=', row.rollout)
      .execute();
  const { places } = await change.db
    .selectFrom('rollout_history')
    .select((eb) => eb.fn.countAll<number>().as('places'))
    .where('deployment', '=', row.deployment)
    .where('rollout', '=', row.rollout)
    .executeTakeFirstOrThrow();
  await change.db
    .insertInto('rollout_history')
    .values({
      deployment: row.deployment,
      rollout: row.rollout,
      place: Number(places) + 1,
      kind,
      step: now.step,
      share: now.share,
      actor,
      reasons: JSON.stringify(reasons),
      measures: JSON.stringify(measures),
      created_at: new Date().toISOString(),
    })
    .execute();
  const challenger = await challengerOf(change.db, row);
  await change.record(rolloutEvents[kind], `deployment:${row.deployment}@${row.revision}`, {
    deployment: row.deployment,
    rollout: row.rollout,
    strategy: row.strategy,
    challenger: { name: challenger.model, version: challenger.version },
    step: now.step,
    share: now.share,
    mirrored: now.mirrored,
    reasons: [...reasons],
    measures: [...measures],
  });
}

/** Ends a rollout inside a change: all requests are the champion's from then on. */
export async function endRollout(
  change: RolloutChange,
  actor: string,
  row: RolloutRow,
  state: 'aborted' | 'rolled-back' | 'superseded',
  grounds: Grounds,
): Promise<void> {
  await recordRollout(change, actor, row, state, grounds, {
    ...elapsed(row, Date.now()),
    state,
    resumed_at: null,
    finished_at: new Date().toISOString(),
  });
}

/** Lets the challenger serve inside a change. Whether the champion is still the one that it was compared with is for the caller. */
export async function promoteChallenger(
  change: RolloutChange,
  actor: string,
  row: RolloutRow,
  grounds: Grounds,
): Promise<void> {
  const challenger = await challengerOf(change.db, row);
  const revisions = await readRevisions(change.db, row.deployment);
  const newest = invariant(revisions.at(-1), `a revision of ${row.deployment}`);
  await insertRevision(change, {
    ...challenger,
    revision: newest.revision + 1,
    kind: 'promoted',
    actor,
    created_at: new Date().toISOString(),
  });
  await recordRollout(change, actor, row, 'promoted', grounds, {
    ...elapsed(row, Date.now()),
    state: 'promoted',
    resumed_at: null,
    finished_at: new Date().toISOString(),
  });
}

/** What a person orders. @throws TRS_SERVING_NO_ROLLOUT, TRS_SERVING_UNKNOWN_DEPLOYMENT, TRS_SERVING_ROLLOUT_STATE */
export async function orderRollout(
  scope: Scope,
  actor: Actor,
  deployment: string,
  order: 'pause' | 'resume' | 'promote' | 'abort',
  reason?: string,
): Promise<void> {
  await newestRevision(scope, deployment);
  const metadata = await scope.service(metadataToken);
  await metadata.change<ServingTables, void>(actor, async (change) => {
    const row = (await activeRollouts(change.db, deployment))[0] ?? over(deployment);
    const by = actor.principal.id;
    const grounds = { reasons: [reason ?? `${by} ordered it.`], measures: [] };
    switch (order) {
      case 'pause':
        if (row.state === 'paused') throw already(deployment, 'paused');
        return await recordRollout(change, by, row, 'paused', grounds, {
          ...elapsed(row, Date.now()),
          state: 'paused',
          resumed_at: null,
        });
      case 'resume':
        if (row.state === 'running') throw already(deployment, 'running');
        return await recordRollout(change, by, row, 'resumed', grounds, {
          state: 'running',
          resumed_at: Date.now(),
        });
      case 'promote':
        return await promoteChallenger(change, by, row, grounds);
      case 'abort':
        return await endRollout(change, by, row, 'aborted', grounds);
    }
  });
}

const already = (deployment: string, state: string) =>
  servingError('ROLLOUT_STATE', {
    kind: 'conflict',
    message: `The rollout of "${deployment}" is ${state} already.`,
    hint: `See "trestle deployment show ${deployment}".`,
    details: { deployment, state },
  });
