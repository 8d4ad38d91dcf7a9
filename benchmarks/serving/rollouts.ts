// Simulates rollouts, and prints how often equal versions would be rolled back, and how soon worse ones are.
// Run: node benchmarks/serving/rollouts.ts 500 > benchmarks/results/rollouts-….md (ten minutes of one core)
import process from 'node:process';
import { NO_ARM_EVIDENCE, NO_PAIR_EVIDENCE, type RolloutPlan, type StepEvidence } from '@trestle/contracts';
import { ab, canary } from '@trestle/plugin-serving';
import { logBin, seeded } from '@trestle/statistics';

/** What one request meets, whichever version gets it: drawn before it is known which that is. */
interface World {
  /** Chance of an error, milliseconds, score; `key` where requests of one caller stay together. */
  next(): { readonly error: number; readonly latency: number; readonly score: number; readonly key?: number };
}

/** What the challenger makes of it. */
interface Effect {
  readonly errors: number;
  readonly slowness: number;
  readonly scores: number;
}

const EQUAL: Effect = { errors: 0, slowness: 1, scores: 0 };

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const WORLDS: Readonly<Record<string, (random: () => number) => World>> = {
  'independent requests': (random) => ({
    next: () => ({ error: 0.01, latency: Math.exp(2 + 0.5 * normal(random)), score: random() }),
  }),
  'heavy-tailed latency (Pareto 1.1, no variance)': (random) => ({
    next: () => ({ error: 0.01, latency: 5 * (1 - random()) ** (-1 / 1.1), score: random() ** 3 }),
  }),
  'bursts: errors, latency and scores move together (AR(1), 0.995)': (random) => {
    let level = 0;
    return {
      next() {
        level = 0.995 * level + 0.1 * normal(random);
        return {
          error: 1 / (1 + Math.exp(4.5 - 2 * level)),
          latency: Math.exp(2 + level + 0.3 * normal(random)),
          score: 1 / (1 + Math.exp(-level - normal(random))),
        };
      },
    };
  },
  'a world that gets worse while the share grows': (random) => {
    let request = 0;
    return {
      next() {
        request += 1;
        const worse = request / 10_000;
        return {
          error: 0.005 + 0.02 * worse,
          latency: Math.exp(2 + worse + 0.3 * normal(random)),
          score: random(),
        };
      },
    };
  },
};
/** One caller makes a fifth of all requests, and each has its own chance of errors and its own pace. */
const KEYS =
  'callers that stay with a version (5,000, one of them a fifth of all requests; each counts once)';
const keyed = (random: () => number): World => {
  const callers = Array.from({ length: 5_000 }, () => ({
    error: 0.02 * random(),
    pace: Math.exp(2 + 0.5 * normal(random)),
  }));
  return {
    next() {
      const key = random() < 0.2 ? 0 : Math.floor(5_000 * random());
      const { error, pace } = callers[key] ?? { error: 0, pace: 1 };
      return { error, latency: pace * Math.exp(0.3 * normal(random)), score: random(), key };
    },
  };
};

const REQUESTS_PER_LOOK = 250;
const LOOKS = 120;

function rollOut(plan: RolloutPlan, seed: number, world: World, effect: Effect) {
  const random = seeded(seed);
  const counted = new Set<number>();
  let [step, memory]: [number, unknown] = [0, undefined];
  const fresh = () => ({
    step,
    share: plan.traffic({ step, memory }).share,
    champion: structuredClone(NO_ARM_EVIDENCE),
    challenger: structuredClone(NO_ARM_EVIDENCE),
    pairs: NO_PAIR_EVIDENCE,
  });
  const evidence: StepEvidence[] = [fresh()];
  for (let look = 1; look <= LOOKS; look++) {
    const present = fresh();
    Object.assign(present, evidence.at(-1));
    for (let request = 0; request < REQUESTS_PER_LOOK; request++) {
      const { error, latency, score, key } = world.next();
      // A caller that stays with its version is one draw of the version: it counts once, as in the server.
      if (key !== undefined && counted.has(key)) continue;
      if (key !== undefined) counted.add(key);
      const point = random();
      const isChallenger = point < present.share;
      const arm = isChallenger ? present.challenger : present.champion;
      arm.requests += 1;
      if (random() < error + (isChallenger ? effect.errors : 0)) {
        arm.errors += 1;
        continue;
      }
      for (const [bins, value] of [
        [arm.latencies, latency * (isChallenger ? effect.slowness : 1)],
        [arm.scores, Math.min(1, score + (isChallenger ? effect.scores : 0))],
      ] as const) {
        const bin = logBin(value);
        bins[bin] = (bins[bin] ?? 0) + 1;
      }
    }
    const verdict = plan.judge({
      step,
      evidence,
      elapsedMs: look,
      stepMs: look,
      processes: { serving: 1, warm: 1 },
      memory,
    });
    const requests = evidence.reduce((sum, one) => sum + one.challenger.requests, 0);
    if (verdict.decision === 'promote' || verdict.decision === 'rollback')
      return { decision: verdict.decision, requests };
    memory = verdict.memory;
    if (verdict.decision === 'advance') {
      step += 1;
      evidence.push(fresh());
    }
  }
  return { decision: 'hold', requests: 0 };
}

const rollouts = Number(process.argv[2] ?? 20);
const print = (line: string): boolean => process.stdout.write(`${line}\n`);
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
/** Without slack: latencies are compared as they are, which is the harder promise. */
const options = { alpha: 0.05, slack: { ratio: 1, ms: 0 }, minRequests: 50 };
const plans = {
  canary: canary.plan({ ...options, steps: [1, 5, 25, 100] }),
  ab: ab.plan({ ...options, traffic: 50 }),
};

print(`# Simulated rollouts

${rollouts} of each kind, looked at after every ${REQUESTS_PER_LOOK} requests, at most ${LOOKS} times; alpha 0.05, no slack for latency, otherwise the defaults.

## Equal versions

How often they were rolled back; 5 % is promised. "High" is the upper end of a 99 % interval (Wilson) of that share.

| requests | canary: rolled back | high | promoted | A/B: rolled back | high |
| --- | ---: | ---: | ---: | ---: | ---: |`);
const wilsonHigh = (share: number, n: number): number => {
  const z = 2.576;
  return (
    (share + z ** 2 / (2 * n) + z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2))) /
    (1 + z ** 2 / n)
  );
};
for (const [name, world] of [...Object.entries(WORLDS), [KEYS, keyed] as const]) {
  const cells: string[] = [];
  for (const [kind, plan] of Object.entries(plans)) {
    const ends = Array.from({ length: rollouts }, (_, seed) =>
      rollOut(plan, 7_919 * seed + 1, world(seeded(seed + 1)), EQUAL),
    );
    const share = (of: string): number => ends.filter(({ decision }) => decision === of).length / rollouts;
    cells.push(percent(share('rollback')), percent(wilsonHigh(share('rollback'), rollouts)));
    if (kind === 'canary') cells.push(percent(share('promote')));
    process.stderr.write(`${name}, ${kind}: ${cells.join(' ')}\n`);
  }
  print(`| ${name} | ${cells.join(' | ')} |`);
}

print(`
## Versions that differ

A canary with the defaults (alpha 0.01, slack 1.2 × and 1 ms; tolerances: errors 1, latency 10, scores 15 points of percent), independent requests, errors of the
champion 1 %, ${Math.ceil(rollouts / 5)} of each. Requests: those that the challenger had got by then, in the median.

| the challenger | rolled back | promoted | requests |
| --- | ---: | ---: | ---: |`);
const worse: Readonly<Record<string, Effect>> = {
  'is equal': EQUAL,
  'fails 2 points more often': { ...EQUAL, errors: 0.02 },
  'fails 5 points more often': { ...EQUAL, errors: 0.05 },
  'fails always': { ...EQUAL, errors: 1 },
  'takes 1.2 times as long': { ...EQUAL, slowness: 1.2 },
  'takes 1.5 times as long': { ...EQUAL, slowness: 1.5 },
  'takes 3 times as long': { ...EQUAL, slowness: 3 },
  'has scores that are 0.1 higher': { ...EQUAL, scores: 0.1 },
  'has scores that are 0.3 higher': { ...EQUAL, scores: 0.3 },
};
const independent = WORLDS['independent requests'];
for (const [name, effect] of Object.entries(worse)) {
  const ends = Array.from({ length: Math.ceil(rollouts / 5) }, (_, seed) =>
    rollOut(canary.plan({}), 104_729 * seed + 3, (independent ?? keyed)(seeded(seed + 1)), effect),
  );
  const share = (of: string): number => ends.filter(({ decision }) => decision === of).length / ends.length;
  const requests = ends.map((end) => end.requests).toSorted((a, b) => a - b)[Math.floor(ends.length / 2)];
  print(`| ${name} | ${percent(share('rollback'))} | ${percent(share('promote'))} | ${requests} |`);
}
