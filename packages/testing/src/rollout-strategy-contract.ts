import {
  type ArmEvidence,
  NO_ARM_EVIDENCE,
  NO_PAIR_EVIDENCE,
  type PairEvidence,
  type RolloutPlan,
  type RolloutSoFar,
  type RolloutStrategy,
  type RolloutVerdict,
  rolloutVerdictSchema,
  type StepEvidence,
} from '@trestle/contracts';
import { logBin, seeded } from '@trestle/statistics';
import { describe, expect, it } from 'vitest';

export interface RolloutStrategyUnderTest {
  /** What a user gives it. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Options that it refuses, and the one of them that it names. */
  readonly wrong: { readonly options: Readonly<Record<string, unknown>>; readonly field: string };
  /** How likely it is at most to roll back an equal model, where it looks at outcomes; 0.01 when left out. */
  readonly alpha?: number;
}

/** How one version behaves in a simulated rollout. */
interface Behaviour {
  readonly errorRate: number;
  /** Of what latencies are multiplied by. */
  readonly slowness: number;
}

const WELL: Behaviour = { errorRate: 0.02, slowness: 1 };
const BROKEN: Behaviour = { errorRate: 1, slowness: 1 };
const LOOKS = 20;
const REQUESTS_PER_LOOK = 300;
const LOOK_MS = 60_000;
const ROLLOUTS = 20;

/** What every rollout strategy must do. Call it inside a vitest file. */
export function rolloutStrategyContract(
  strategy: RolloutStrategy,
  { options, wrong, alpha = 0.01 }: RolloutStrategyUnderTest,
): void {
  const planned = (): RolloutPlan => strategy.plan(options);

  describe(`${strategy.name}: rollout strategy contract`, () => {
    it('makes the same plan of its options when they were kept', () => {
      const plan = planned();
      const kept: unknown = JSON.parse(JSON.stringify(plan.options));
      expect(kept).toEqual(plan.options);
      const again = strategy.plan(kept);
      expect(again.options).toEqual(plan.options);
      expect(again.explain).toEqual(plan.explain);
    });

    it('refuses options by their name, and those that it does not know', () => {
      for (const [given, named] of [
        [wrong.options, wrong.field],
        [{ ...options, nobodyKnowsThis: 1 }, 'nobodyKnowsThis'],
      ] as const) {
        const result = strategy.options.safeParse(given);
        expect(JSON.stringify(result.error?.issues)).toContain(named);
      }
    });

    it('says in sentences what is going to happen', () => {
      const { explain } = planned();
      expect(explain.length).toBeGreaterThan(0);
      for (const sentence of explain) expect(sentence).toMatch(/^\S.*\.$/);
    });

    it('shares requests in parts of all of them, the same when asked again', () => {
      const plan = planned();
      for (let step = 0; step < 20; step++) {
        const traffic = plan.traffic({ step, memory: undefined });
        expect(plan.traffic({ step, memory: undefined })).toEqual(traffic);
        for (const part of [traffic.share, traffic.mirrored]) {
          expect(part).toBeGreaterThanOrEqual(0);
          expect(part).toBeLessThanOrEqual(1);
        }
      }
    });

    it('judges by what it is given alone: nothing of it is changed, and the same gives the same', () => {
      const plan = planned();
      for (const soFar of [nothingSeen(plan), simulate(plan, 1, WELL, WELL).last]) {
        const verdict = plan.judge(deeplyFrozen(soFar));
        expect(rolloutVerdictSchema.parse(verdict)).toEqual(verdict);
        expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
        expect(plan.judge(JSON.parse(JSON.stringify(soFar)))).toEqual(verdict);
      }
    });

    if (!planned().wants.outcomes || !sees(planned())) return;

    it('rolls back a version that answers nothing, and never promotes it', () => {
      for (let seed = 0; seed < 5; seed++)
        expect(simulate(planned(), seed, WELL, BROKEN).decision).toBe('rollback');
    });

    it('does not roll back an equal version more often than it says', () => {
      let alarms = 0;
      for (let seed = 0; seed < ROLLOUTS; seed++)
        if (simulate(planned(), seed, WELL, WELL).decision === 'rollback') alarms += 1;
      // More than this happens in one of a thousand suites where the promise is kept.
      expect(alarms).toBeLessThanOrEqual(Math.ceil(alpha * ROLLOUTS + 3 * Math.sqrt(alpha * ROLLOUTS)));
    });
  });
}

/** Whether the challenger gets requests in the first step. */
const sees = (plan: RolloutPlan): boolean => {
  const { share, mirrored } = plan.traffic({ step: 0, memory: undefined });
  return share > 0 || mirrored > 0;
};

const emptyStep = (plan: RolloutPlan, step: number, memory: unknown): StepEvidence => ({
  step,
  share: plan.traffic({ step, memory }).share,
  champion: structuredClone(NO_ARM_EVIDENCE),
  challenger: structuredClone(NO_ARM_EVIDENCE),
  pairs: NO_PAIR_EVIDENCE,
});

const nothingSeen = (plan: RolloutPlan): RolloutSoFar => ({
  step: 0,
  evidence: [emptyStep(plan, 0, undefined)],
  elapsedMs: 0,
  stepMs: 0,
  processes: { serving: 0, warm: 0 },
  memory: undefined,
});

/** Requests of so many looks, until the strategy decides something. */
function simulate(plan: RolloutPlan, seed: number, champion: Behaviour, challenger: Behaviour) {
  const random = seeded(seed + 1);
  let soFar: RolloutSoFar = { ...nothingSeen(plan), processes: { serving: 1, warm: 1 } };
  for (let look = 1; look <= LOOKS; look++) {
    const { share, mirrored } = plan.traffic(soFar);
    const present = structuredClone(soFar.evidence.at(-1) ?? emptyStep(plan, soFar.step, soFar.memory));
    for (let request = 0; request < REQUESTS_PER_LOOK; request++) {
      if (random() < share) answer(random, present.challenger, challenger);
      else {
        const isFine = answer(random, present.champion, champion);
        if (random() < mirrored) mirror(random, present, challenger, isFine);
      }
    }
    soFar = {
      ...soFar,
      evidence: [...soFar.evidence.slice(0, -1), present],
      elapsedMs: look * LOOK_MS,
      stepMs: soFar.stepMs + LOOK_MS,
    };
    const { decision, memory }: RolloutVerdict = plan.judge(soFar);
    if (decision === 'promote' || decision === 'rollback') return { decision, last: soFar };
    soFar = { ...soFar, memory };
    if (decision === 'advance') {
      const step = soFar.step + 1;
      soFar = { ...soFar, step, stepMs: 0, evidence: [...soFar.evidence, emptyStep(plan, step, memory)] };
    }
  }
  return { decision: 'hold', last: soFar };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** @returns whether the model answered */
function answer(
  random: () => number,
  arm: Mutable<ArmEvidence>,
  { errorRate, slowness }: Behaviour,
): boolean {
  arm.requests += 1;
  if (random() < errorRate) {
    arm.errors += 1;
    return false;
  }
  count(arm.latencies, slowness * (2 - Math.log(1 - random())));
  count(arm.scores, random());
  return true;
}

function mirror(
  random: () => number,
  { challenger, pairs }: { challenger: Mutable<ArmEvidence>; pairs: Mutable<PairEvidence> },
  behaviour: Behaviour,
  isChampionFine: boolean,
): void {
  const isFine = answer(random, challenger, behaviour);
  if (isFine && isChampionFine) {
    pairs.compared += 1;
    count(pairs.differences, 0);
  }
  if (!isFine && isChampionFine) pairs.onlyChallengerFailed += 1;
  if (isFine && !isChampionFine) pairs.onlyChampionFailed += 1;
}

function count(bins: Record<string, number>, value: number): void {
  const bin = logBin(value);
  bins[bin] = (bins[bin] ?? 0) + 1;
}

function deeplyFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deeplyFrozen(inner);
    Object.freeze(value);
  }
  return value;
}
