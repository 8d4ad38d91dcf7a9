import {
  type ArmEvidence,
  armEvidenceSchema,
  type Measure,
  measureSchema,
  NO_ARM_EVIDENCE,
  NO_PAIR_EVIDENCE,
  type PairEvidence,
  pairEvidenceSchema,
  type Rollout,
  rolloutVerdictSchema,
  type StepEvidence,
} from '@trestle/contracts';
import { invariant, type Scope } from '@trestle/kernel';
import { addBins } from '@trestle/statistics';
import { metadataToken, readStored } from '@trestle/store';
import type { Kysely, Selectable } from 'kysely';
import { z } from 'zod';
import type { ServingTables } from '../serving-tables.ts';
import type { Revision } from './revisions.ts';

export type RolloutRow = Selectable<ServingTables['rollouts']>;

const UNREADABLE = { decision: 'hold' as const, measures: [] };
const verdictSchema = rolloutVerdictSchema.omit({ memory: true });
export const optionsSchema = z.record(z.string(), z.unknown());

/** The rollouts that are running or paused: of one deployment, or of all. */
export const activeRollouts = async (
  db: Kysely<ServingTables>,
  deployment?: string,
): Promise<readonly RolloutRow[]> => {
  const active = db.selectFrom('rollouts').selectAll().where('state', 'in', ['running', 'paused']);
  return await (deployment === undefined ? active : active.where('deployment', '=', deployment)).execute();
};

/** Rollouts with the revisions of their challengers, the newest first. */
export async function readRollouts(
  db: Kysely<ServingTables>,
  of: { readonly deployment?: string; readonly isActive?: boolean; readonly limit?: number },
): Promise<readonly Rollout[]> {
  let query = db.selectFrom('rollouts').selectAll().orderBy('rollout', 'desc');
  if (of.deployment !== undefined) query = query.where('deployment', '=', of.deployment);
  if (of.isActive) query = query.where('state', 'in', ['running', 'paused']);
  if (of.limit !== undefined) query = query.limit(of.limit);
  const rows = await query.execute();
  return await Promise.all(rows.map(async (row) => toRollout(row, await challengerOf(db, row))));
}

/** The revision of a rollout's challenger. */
export const challengerOf = async (
  db: Kysely<ServingTables>,
  { deployment, revision }: Pick<RolloutRow, 'deployment' | 'revision'>,
): Promise<Revision> =>
  invariant(
    await db
      .selectFrom('deployment_revisions')
      .selectAll()
      .where('deployment', '=', deployment)
      .where('revision', '=', revision)
      .executeTakeFirst(),
    `revision ${revision} of ${deployment}`,
  );

export function toRollout(row: RolloutRow, { model, version, digest }: Revision): Rollout {
  const verdict = readStored(verdictSchema, row.verdict);
  return {
    rollout: row.rollout,
    revision: row.revision,
    strategy: row.strategy,
    options: readStored(optionsSchema, row.options).value ?? {},
    state: row.state,
    challenger: { name: model, version, digest },
    step: row.step,
    share: row.state === 'running' || row.state === 'paused' ? row.share : 0,
    mirrored: row.state === 'running' || row.state === 'paused' ? row.mirrored : 0,
    verdict: verdict.value ?? {
      ...UNREADABLE,
      reasons: [`The record of the verdict cannot be read: ${verdict.unreadable}.`],
    },
    startedAt: row.started_at,
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
  };
}

/** What one process has seen of a step. */
export const seenSchema = z.object({
  champion: armEvidenceSchema,
  challenger: armEvidenceSchema,
  pairs: pairEvidenceSchema,
});
export type Seen = z.infer<typeof seenSchema>;

/** A process that has written nothing for so long serves no more. */
const SILENT_MS = 15_000;

/** What all processes have seen, step by step. A record that cannot be read is told, and left out. */
export async function readEvidence(
  db: Kysely<ServingTables>,
  row: RolloutRow,
  onNote: (note: string) => void = () => {},
): Promise<{
  readonly evidence: readonly StepEvidence[];
  readonly processes: { readonly serving: number; readonly warm: number };
}> {
  const rows = await db
    .selectFrom('rollout_evidence')
    .selectAll()
    .where('deployment', '=', row.deployment)
    .where('rollout', '=', row.rollout)
    .orderBy('step')
    .execute();
  const steps = new Map<number, StepEvidence>();
  for (const { step, share, evidence, process } of rows) {
    const seen = readStored(seenSchema, evidence);
    if (!seen.value)
      onNote(`What process ${process} saw in step ${step} cannot be read: ${seen.unreadable}.`);
    const sum = steps.get(step) ?? emptyStep(step, share);
    steps.set(step, seen.value ? addSeen(sum, seen.value) : sum);
  }
  if (!steps.has(row.step)) steps.set(row.step, emptyStep(row.step, row.share));
  const now = rows.filter(({ step, seen_at }) => step === row.step && seen_at > Date.now() - SILENT_MS);
  return {
    evidence: [...steps.values()].toSorted((a, b) => a.step - b.step),
    processes: { serving: now.length, warm: now.filter(({ is_warm }) => is_warm === 1).length },
  };
}

export const emptyStep = (step: number, share: number): StepEvidence => ({
  step,
  share,
  champion: NO_ARM_EVIDENCE,
  challenger: NO_ARM_EVIDENCE,
  pairs: NO_PAIR_EVIDENCE,
});

const addSeen = (sum: StepEvidence, seen: Seen): StepEvidence => ({
  ...sum,
  champion: addArms(sum.champion, seen.champion),
  challenger: addArms(sum.challenger, seen.challenger),
  pairs: addPairs(sum.pairs, seen.pairs),
});

export const addArms = (a: ArmEvidence, b: ArmEvidence): ArmEvidence => ({
  requests: a.requests + b.requests,
  errors: a.errors + b.errors,
  latencies: addBins(a.latencies, b.latencies),
  scores: addBins(a.scores, b.scores),
  labelled: a.labelled + b.labelled,
  losses: addBins(a.losses, b.losses),
});

const addPairs = (a: PairEvidence, b: PairEvidence): PairEvidence => ({
  compared: a.compared + b.compared,
  differing: a.differing + b.differing,
  differences: addBins(a.differences, b.differences),
  slower: a.slower + b.slower,
  onlyChampionFailed: a.onlyChampionFailed + b.onlyChampionFailed,
  onlyChallengerFailed: a.onlyChallengerFailed + b.onlyChallengerFailed,
  dropped: a.dropped + b.dropped,
});

export interface HistoryEntry {
  readonly kind: string;
  readonly step: number;
  readonly share: number;
  readonly actor: string;
  readonly reasons: readonly string[];
  readonly measures: readonly Measure[];
  readonly createdAt: string;
}

const reasonsSchema = z.array(z.string());
const measuresSchema = z.array(measureSchema);

/** What was decided in a rollout, by whom, on which numbers; the first first. */
export async function readHistory(
  db: Kysely<ServingTables>,
  of: { readonly deployment: string; readonly rollout: number },
): Promise<readonly HistoryEntry[]> {
  const rows = await db
    .selectFrom('rollout_history')
    .selectAll()
    .where('deployment', '=', of.deployment)
    .where('rollout', '=', of.rollout)
    .orderBy('place')
    .execute();
  return rows.map(({ kind, step, share, actor, reasons, measures, created_at }) => ({
    kind,
    step,
    share,
    actor,
    reasons: readStored(reasonsSchema, reasons).value ?? ['The record cannot be read.'],
    measures: readStored(measuresSchema, measures).value ?? [],
    createdAt: created_at,
  }));
}

export interface RolloutPoint {
  readonly step: number;
  /** Requests of the challenger until then. */
  readonly requests: number;
  readonly measures: readonly Measure[];
  readonly time: string;
}

/** The measures over time; the first first. */
export async function readPoints(
  db: Kysely<ServingTables>,
  of: { readonly deployment: string; readonly rollout: number },
): Promise<readonly RolloutPoint[]> {
  const rows = await db
    .selectFrom('rollout_points')
    .selectAll()
    .where('deployment', '=', of.deployment)
    .where('rollout', '=', of.rollout)
    .orderBy('place')
    .execute();
  return rows.map(({ step, requests, measures, created_at }) => ({
    step,
    requests,
    measures: readStored(measuresSchema, measures).value ?? [],
    time: created_at,
  }));
}

/** What one version of a rollout has answered so far. */
export interface RolloutSeen {
  readonly labels: Readonly<Record<string, string>>;
  readonly share: number;
  readonly requests: number;
  readonly errors: number;
}

/** Both versions of each rollout that is under way, as all processes have seen them. */
export async function seenOfRollouts(scope: Scope): Promise<readonly RolloutSeen[]> {
  const db = (await scope.service(metadataToken)).query<ServingTables>();
  const seen: RolloutSeen[] = [];
  for (const row of await activeRollouts(db)) {
    const { evidence } = await readEvidence(db, row);
    for (const [version, revision, share] of [
      ['champion', row.champion, 1 - row.share],
      ['challenger', row.revision, row.share],
    ] as const) {
      const sum = evidence.reduce((all, step) => addArms(all, step[version]), NO_ARM_EVIDENCE);
      const labels = { deployment: row.deployment, revision: String(revision), version };
      seen.push({ labels, share, requests: sum.requests, errors: sum.errors });
    }
  }
  return seen;
}
