import { randomUUID } from 'node:crypto';
import {
  type ArmEvidence,
  type EvidenceWanted,
  NO_ARM_EVIDENCE,
  NO_PAIR_EVIDENCE,
  type PairEvidence,
} from '@trestle/contracts';
import type { Logger } from '@trestle/kernel';
import type { Prediction } from '@trestle/model';
import { logBin } from '@trestle/statistics';
import type { Metadata } from '@trestle/store';
import type { ServingTables } from '../serving-tables.ts';

export type Arm = 'champion' | 'challenger';

/** A step of a rollout, as this process sees it. */
export interface Step {
  readonly deployment: string;
  readonly rollout: number;
  readonly step: number;
  readonly share: number;
}

/** What became of one request. */
export interface Outcome {
  readonly latencyMs: number;
  /** Left out where it was not answered. */
  readonly answer?: { readonly output: Prediction | undefined };
}

export interface EvidenceRecorder {
  /** Counts an outcome, in memory; it is written off the request's path. */
  outcome(step: Step, arm: Arm, wants: EvidenceWanted, outcome: Outcome): void;
  /** Counts a request that both versions got. */
  pair(step: Step, champion: Outcome, challenger: Outcome): void;
  /** Counts a request that was not mirrored. */
  dropped(step: Step): void;
  /** The process serves the step, and is ready for its challenger or not. */
  present(step: Step, isWarm: boolean): void;
  /** Of a deployment only this step goes on; what is still to be counted of others comes late. */
  keep(deployment: string, step: Step | undefined): void;
  /** Writes what has been counted so far. */
  flush(): Promise<void>;
}

type Counted = { -readonly [Key in keyof ArmEvidence]: ArmEvidence[Key] };
type CountedPairs = { -readonly [Key in keyof PairEvidence]: PairEvidence[Key] };

interface Tally {
  readonly step: Step;
  /** Who wrote the row: each tally one of its own, so that what is written anew is never less than before. */
  readonly process: string;
  readonly champion: Counted;
  readonly challenger: Counted;
  readonly pairs: CountedPairs;
  isWarm: boolean;
  isChanged: boolean;
  isOver: boolean;
  /** When something was counted last. */
  countedAt: number;
}

const FLUSH_MS = 400;
/** Also without news it says so often that it is there, for so long after the last request. */
const PRESENT_MS = 5_000;
const QUIET_MS = 60_000;

/** Counts what became of requests, and keeps the counts: each process its own, all of them so far, so that nothing is counted twice. */
export function evidenceRecorder(
  metadata: Pick<Metadata, 'write'>,
  log: Logger,
): EvidenceRecorder & { close(): Promise<void> } {
  const tallies = new Map<string, Tally>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const tallyOf = (step: Step): Tally => {
    const key = keyOf(step);
    const known = tallies.get(key);
    if (known) return known;
    const tally: Tally = {
      step,
      process: randomUUID(),
      champion: structuredClone(NO_ARM_EVIDENCE),
      challenger: structuredClone(NO_ARM_EVIDENCE),
      pairs: structuredClone(NO_PAIR_EVIDENCE),
      isWarm: false,
      isChanged: false,
      isOver: false,
      countedAt: Date.now(),
    };
    tallies.set(key, tally);
    return tally;
  };

  const counted = (tally: Tally): void => {
    tally.countedAt = Date.now();
    changed(tally);
  };

  const changed = (tally: Tally): void => {
    tally.isChanged = true;
    timer ??= setTimeout(() => {
      timer = undefined;
      flush().catch((cause: unknown) => {
        log.warn('what was seen of a rollout could not be written yet', { cause: String(cause) });
        for (const one of tallies.values()) if (one.isChanged) changed(one);
      });
    }, FLUSH_MS).unref();
  };

  const write = async (): Promise<void> => {
    const changedOnes = [...tallies.values()].filter((tally) => tally.isChanged);
    if (changedOnes.length === 0) return;
    const rows = changedOnes.map(({ step, process, champion, challenger, pairs, isWarm }) => ({
      ...step,
      process,
      evidence: JSON.stringify({ champion, challenger, pairs }),
      is_warm: Number(isWarm),
      seen_at: Date.now(),
    }));
    for (const tally of changedOnes) tally.isChanged = false;
    try {
      await metadata.write<ServingTables, void>(async (db) => {
        for (const row of rows)
          await db
            .insertInto('rollout_evidence')
            .values(row)
            .onConflict((conflict) =>
              conflict
                .columns(['deployment', 'rollout', 'step', 'process'])
                .doUpdateSet({ evidence: row.evidence, is_warm: row.is_warm, seen_at: row.seen_at }),
            )
            .execute();
      });
    } catch (thrown) {
      for (const tally of changedOnes) tally.isChanged = true;
      throw thrown;
    }
  };

  const flush = (): Promise<void> => {
    writing = writing.catch(() => {}).then(write);
    return writing;
  };

  const beat = setInterval(() => {
    for (const [key, tally] of tallies) {
      if (tally.isOver && !tally.isChanged) tallies.delete(key);
      else if (Date.now() - tally.countedAt < QUIET_MS) changed(tally);
    }
  }, PRESENT_MS).unref();

  return {
    outcome(step, arm, wants, outcome) {
      const tally = tallyOf(step);
      count(tally[arm], wants, outcome);
      counted(tally);
    },
    pair(step, champion, challenger) {
      const tally = tallyOf(step);
      countPair(tally.pairs, champion, challenger);
      counted(tally);
    },
    dropped(step) {
      const tally = tallyOf(step);
      tally.pairs.dropped += 1;
      counted(tally);
    },
    present(step, isWarm) {
      const tally = tallyOf(step);
      tally.isWarm = isWarm;
      counted(tally);
    },
    keep(deployment, step) {
      for (const tally of tallies.values())
        if (tally.step.deployment === deployment && keyOf(tally.step) !== (step && keyOf(step)))
          tally.isOver = true;
    },
    flush,
    async close() {
      clearInterval(beat);
      clearTimeout(timer);
      await flush();
    },
  };
}

const keyOf = ({ deployment, rollout, step }: Step): string => `${deployment}/${rollout}/${step}`;

function add(bins: Record<string, number>, value: number): void {
  const bin = logBin(value);
  bins[bin] = (bins[bin] ?? 0) + 1;
}

function count(arm: Counted, wants: EvidenceWanted, { latencyMs, answer }: Outcome): void {
  arm.requests += 1;
  if (!answer) {
    arm.errors += 1;
    return;
  }
  add(arm.latencies, latencyMs);
  const score = wants.scores ? scoreOf(answer.output) : undefined;
  if (score !== undefined) add(arm.scores, score);
}

function countPair(pairs: CountedPairs, champion: Outcome, challenger: Outcome): void {
  if (champion.answer && challenger.answer) {
    pairs.compared += 1;
    if (challenger.latencyMs > champion.latencyMs) pairs.slower += 1;
    const [one, other] = [champion.answer.output, challenger.answer.output];
    if (one?.label !== other?.label) pairs.differing += 1;
    const [a, b] = [scoreOf(one), scoreOf(other)];
    if (a !== undefined && b !== undefined) add(pairs.differences, Math.abs(a - b));
  } else if (champion.answer) pairs.onlyChallengerFailed += 1;
  else if (challenger.answer) pairs.onlyChampionFailed += 1;
}

/** The one number that stands for an answer: the value, the probability, or the highest of several probabilities. */
export function scoreOf(output: Prediction | undefined): number | undefined {
  if (!output) return undefined;
  for (const one of [output.value, output.probability]) if (isNumber(one)) return one;
  const { probabilities } = output;
  if (typeof probabilities !== 'object' || probabilities === null) return undefined;
  const values = Object.values(probabilities).filter(isNumber);
  return values.length === 0 ? undefined : Math.max(...values);
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
