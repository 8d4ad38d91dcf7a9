import {
  type ArmEvidence,
  answersToken,
  type LabelledAnswer,
  modelsToken,
  NO_ARM_EVIDENCE,
  type RolloutPlan,
  type RolloutSoFar,
  type RolloutVerdict,
  type StepEvidence,
} from '@trestle/contracts';
import { type Context, isTrestleError } from '@trestle/kernel';
import { logBin } from '@trestle/statistics';
import { metadataToken, readStored } from '@trestle/store';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { findStrategy, planRollout } from '../rollout/find-strategy.ts';
import type { ServingTables } from '../serving-tables.ts';
import { elapsed, endRollout, promoteChallenger, recordRollout } from './change-rollout.ts';
import {
  activeRollouts,
  addArms,
  challengerOf,
  optionsSchema,
  type RolloutRow,
  readEvidence,
  readHistory,
} from './rollout-records.ts';

/** Labels of one rollout that are looked at, the newest. */
const MOST_LABELS = 50_000;
/** Points that a picture shows; beyond it every second one goes. */
const MOST_POINTS = 240;

/** Judges each rollout that is under way by what was seen of it, and does what its strategy decides. One process does this at a time. */
export async function judgeRollouts(ctx: Context): Promise<void> {
  const metadata = await ctx.service(metadataToken);
  for (const row of await activeRollouts(metadata.query<ServingTables>())) {
    ctx.signal.throwIfAborted();
    try {
      await judgeRollout(ctx, row);
    } catch (cause) {
      // One rollout that cannot be judged must not keep the others from it.
      ctx.log.warn('a rollout could not be judged', { deployment: row.deployment, cause: String(cause) });
    }
  }
}

/** Judges one rollout now. */
export async function judgeRollout(ctx: Context, row: RolloutRow): Promise<RolloutVerdict> {
  const metadata = await ctx.service(metadataToken);
  const db = metadata.query<ServingTables>();
  const verdict = await verdictOn(ctx, db, row);
  const { decision, reasons, measures } = verdict;
  const by = ctx.principal.id;
  const grounds = { reasons, measures };
  // A paused rollout takes no step forward; harm ends it all the same.
  const isHeld = decision === 'hold' || (row.state === 'paused' && decision !== 'rollback');
  if (isHeld) {
    await keepVerdict(ctx, row, verdict);
    return verdict;
  }
  const plan = planOf(ctx, row);
  await metadata.change<ServingTables, void>(ctx, async (change) => {
    const [now] = await activeRollouts(change.db, row.deployment);
    // Somebody was quicker: what was seen speaks of a step that is over.
    if (now?.rollout !== row.rollout || now.step !== row.step || now.state !== row.state) return;
    const kept = { verdict: JSON.stringify(grounded(verdict)), memory: memoryText(verdict.memory) };
    await change.db
      .updateTable('rollouts')
      .set(kept)
      .where('deployment', '=', row.deployment)
      .where('rollout', '=', row.rollout)
      .execute();
    if (decision === 'rollback') return await endRollout(change, by, now, 'rolled-back', grounds);
    if (decision === 'promote') return await promoteChallenger(change, by, now, grounds);
    const at = { step: row.step + 1, memory: verdict.memory };
    const { elapsed_ms } = elapsed(now, Date.now());
    await recordRollout(change, by, now, 'advanced', grounds, {
      step: at.step,
      ...plan.traffic(at),
      elapsed_ms,
      step_ms: 0,
      resumed_at: Date.now(),
    });
  });
  await keepPoint(ctx, row, verdict);
  return verdict;
}

const planOf = (ctx: Context, row: RolloutRow): RolloutPlan =>
  planRollout(findStrategy(ctx, row.strategy), readStored(optionsSchema, row.options).value ?? {});

/** What the strategy says; where it cannot be asked, that, and nothing changes. */
async function verdictOn(ctx: Context, db: Kysely<ServingTables>, row: RolloutRow): Promise<RolloutVerdict> {
  const gone = await whyGone(ctx, db, row);
  if (gone !== undefined) return { decision: 'rollback', reasons: [gone], measures: [] };
  const notes: string[] = [];
  const { evidence, processes } = await readEvidence(db, row, (note) => notes.push(note));
  try {
    const plan = planOf(ctx, row);
    const { elapsed_ms, step_ms } = elapsed(row, Date.now());
    const soFar: RolloutSoFar = {
      step: row.step,
      evidence: plan.wants.labels ? await withLabels(ctx, db, row, evidence) : evidence,
      elapsedMs: elapsed_ms,
      stepMs: step_ms,
      processes,
      memory: readStored(z.unknown(), row.memory).value ?? undefined,
    };
    const verdict = plan.judge(soFar);
    return notes.length === 0 ? verdict : { ...verdict, reasons: [...verdict.reasons, ...notes] };
  } catch (thrown) {
    if (!isTrestleError(thrown)) throw thrown;
    return {
      decision: 'hold',
      reasons: [`It cannot be judged: ${thrown.message} ${thrown.hint ?? ''}`.trim()],
      measures: [],
    };
  }
}

/** Why a rollout cannot go on, where its challenger is no registered version any more. */
async function whyGone(
  ctx: Context,
  db: Kysely<ServingTables>,
  row: RolloutRow,
): Promise<string | undefined> {
  const { model, version, digest } = await challengerOf(db, row);
  try {
    const found = await (await ctx.service(modelsToken)).resolve(`${model}@${version}`);
    return found.digest === digest
      ? undefined
      : `${model}@${version} is another model now than the one that was rolled out.`;
  } catch (thrown) {
    if (isTrestleError(thrown) && thrown.kind === 'not-found')
      return `The challenger is gone: ${thrown.message}`;
    throw thrown;
  }
}

const grounded = ({ decision, reasons, measures }: RolloutVerdict) => ({ decision, reasons, measures });
const memoryText = (memory: unknown): string => JSON.stringify(memory ?? null);

async function keepVerdict(ctx: Context, row: RolloutRow, verdict: RolloutVerdict): Promise<void> {
  const kept = { verdict: JSON.stringify(grounded(verdict)), memory: memoryText(verdict.memory) };
  if (kept.verdict === row.verdict && kept.memory === row.memory) return;
  await (await ctx.service(metadataToken)).write<ServingTables, void>(async (db) => {
    await db
      .updateTable('rollouts')
      .set(kept)
      .where('deployment', '=', row.deployment)
      .where('rollout', '=', row.rollout)
      .where('step', '=', row.step)
      .where('state', '=', row.state)
      .execute();
  }, ctx);
  await keepPoint(ctx, row, verdict);
}

async function keepPoint(ctx: Context, row: RolloutRow, { measures }: RolloutVerdict): Promise<void> {
  if (measures.length === 0) return;
  await (await ctx.service(metadataToken)).write<ServingTables, void>(async (db) => {
    const of = (one: { deployment: string; rollout: number }) =>
      one.deployment === row.deployment && one.rollout === row.rollout;
    const points = await db
      .selectFrom('rollout_points')
      .select(['deployment', 'rollout', 'place'])
      .where('deployment', '=', row.deployment)
      .where('rollout', '=', row.rollout)
      .orderBy('place')
      .execute();
    if (points.length >= MOST_POINTS)
      await db
        .deleteFrom('rollout_points')
        .where('deployment', '=', row.deployment)
        .where('rollout', '=', row.rollout)
        .where(
          'place',
          'in',
          points.filter(of).flatMap(({ place }, index) => (index % 2 === 1 ? [place] : [])),
        )
        .execute();
    await db
      .insertInto('rollout_points')
      .values({
        deployment: row.deployment,
        rollout: row.rollout,
        place: (points.at(-1)?.place ?? 0) + 1,
        step: row.step,
        requests: Math.max(...measures.map(({ challenger }) => challenger.of)),
        measures: JSON.stringify(measures),
        created_at: new Date().toISOString(),
      })
      .execute();
  }, ctx);
}

/** Labels that came since a rollout began, counted where their answers were given. */
async function withLabels(
  ctx: Context,
  db: Kysely<ServingTables>,
  row: RolloutRow,
  evidence: readonly StepEvidence[],
): Promise<readonly StepEvidence[]> {
  const log = await ctx.service(answersToken);
  const answers = await log.labelled(row.deployment, row.started_at, MOST_LABELS);
  if (answers.length === 0) return evidence;
  const begun = (await readHistory(db, row))
    .filter(({ kind }) => kind === 'started' || kind === 'advanced')
    .map(({ step, createdAt }) => ({ step, createdAt }));
  const stepOf = (time: string): number => begun.findLast(({ createdAt }) => createdAt <= time)?.step ?? 0;
  return evidence.map((step) => {
    const here = answers.filter(({ time }) => stepOf(time) === step.step);
    const of = (revision: number): ArmEvidence => lossesOf(here.filter((one) => one.revision === revision));
    return {
      ...step,
      champion: addArms(step.champion, of(row.champion)),
      challenger: addArms(step.challenger, of(row.revision)),
    };
  });
}

function lossesOf(answers: readonly LabelledAnswer[]): ArmEvidence {
  const losses: Record<string, number> = {};
  let labelled = 0;
  for (const { output, label } of answers) {
    const loss = lossOf(output, label);
    if (!Number.isFinite(loss)) continue;
    labelled += 1;
    const bin = logBin(loss);
    losses[bin] = (losses[bin] ?? 0) + 1;
  }
  return { ...NO_ARM_EVIDENCE, labelled, losses };
}

/** 1 for another class than the label, else how far the value is from it. */
const lossOf = (output: LabelledAnswer['output'], label: LabelledAnswer['label']): number =>
  typeof output.value === 'number'
    ? Math.abs(output.value - Number(label))
    : Number(String(output.label) !== String(label));
