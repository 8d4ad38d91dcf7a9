import type { ArmEvidence, Measure, StepEvidence } from '@trestle/contracts';
import {
  type Compared,
  countAbove,
  excessSequence,
  type LogBinCounts,
  logBin,
  logBinEdge,
  quantileBin,
  totalOfBins,
} from '@trestle/statistics';
import { z } from 'zod';

/** What is put up with, as a difference of shares of requests: 0.01 is one request in a hundred. */
export const tolerancesSchema = z.strictObject({
  errors: z.number().gt(0).max(1).default(0.01),
  latency: z.number().gt(0).max(1).default(0.1),
  scores: z.number().gt(0).max(1).default(0.15),
  labels: z.number().gt(0).max(1).default(0.05),
});
export type Tolerances = z.output<typeof tolerancesSchema>;

/**
 * A latency of the challenger counts as long when it is beyond one of the champion times this, and these milliseconds more: versions
 * run in threads of their own, of which one may be busier, and the one that has just begun is not as well compiled.
 */
export const slackSchema = z.strictObject({
  ratio: z.number().min(1).max(100).default(1.2),
  ms: z.number().min(0).max(60_000).default(1),
});
export type Slack = z.output<typeof slackSchema>;

const tallySchema = z.object({ of: z.number(), events: z.number() });
type Tally = z.infer<typeof tallySchema>;

/**
 * A threshold that the champion's own numbers gave, once: what is counted is what comes after that. Chosen from all the numbers, it
 * would move with them, and a test at a moving threshold looks for its luck.
 */
const cutSchema = z.object({
  group: z.enum(['latency', 'scores', 'labels']),
  name: z.string(),
  bin: z.number(),
  /** The challenger's threshold, where it is another one. */
  challengerBin: z.number(),
  /** Events are numbers in bins above it, or all others. */
  side: z.enum(['above', 'not above']),
  /** What had been counted by then. */
  from: z.object({ step: z.number(), champion: tallySchema, challenger: tallySchema }),
});
export type Cut = z.infer<typeof cutSchema>;
export const cutsSchema = z.array(cutSchema);

/** Numbers that the champion must have given before its quantiles say something. */
const ENOUGH = 50;

interface CutPlan {
  readonly share: number;
  readonly side: Cut['side'];
  readonly name: (edge: number, challengers: number) => string;
}

const shown = (value: number): string => Number(value.toPrecision(3)).toString();

const latencyName =
  (quantile: string) =>
  (edge: number, challengers: number): string =>
    `latency over ${quantile} (${shown(edge)} ms, with slack ${shown(challengers)} ms)`;

/** Rare events are counted, whichever side they are on: they tell more. */
const CUTS: Readonly<Record<Cut['group'], readonly CutPlan[]>> = {
  latency: [
    { share: 0.5, side: 'above', name: latencyName('p50') },
    { share: 0.95, side: 'above', name: latencyName('p95') },
  ],
  scores: [
    { share: 0.25, side: 'not above', name: (edge) => `scores up to ${shown(edge)} (p25)` },
    { share: 0.5, side: 'above', name: (edge) => `scores over ${shown(edge)} (p50)` },
    { share: 0.75, side: 'above', name: (edge) => `scores over ${shown(edge)} (p75)` },
  ],
  labels: [
    { share: 0.5, side: 'above', name: (edge) => `error over ${shown(edge)} (p50)` },
    { share: 0.9, side: 'above', name: (edge) => `error over ${shown(edge)} (p90)` },
  ],
};

const NUMBERS = { latency: 'latencies', scores: 'scores', labels: 'losses' } as const;

const numbersOf = (arm: ArmEvidence, group: Cut['group']): LogBinCounts => arm[NUMBERS[group]];

type Threshold = Pick<Cut, 'group' | 'bin' | 'challengerBin' | 'side'>;

const tallyOf = (
  evidence: Pick<StepEvidence, Version>,
  version: Version,
  { group, bin, challengerBin, side }: Threshold,
): Tally => {
  const numbers = numbersOf(evidence[version], group);
  const [of, above] = [
    totalOfBins(numbers),
    countAbove(numbers, version === 'champion' ? bin : challengerBin),
  ];
  return { of, events: side === 'above' ? above : of - above };
};

type Version = 'champion' | 'challenger';

const NOTHING: Tally = { of: 0, events: 0 };
const ONE = logBin(1);

/** The thresholds so far, and those of the groups for which the champion has given enough numbers by now. */
export function cutsOf(
  before: readonly Cut[],
  groups: readonly Cut['group'][],
  present: StepEvidence,
  slack: Slack,
): readonly Cut[] {
  const missing = groups.filter((group) => !before.some((cut) => cut.group === group));
  return [...before, ...missing.flatMap((group) => newCuts(group, present, slack))];
}

function newCuts(group: Cut['group'], present: StepEvidence, slack: Slack): Cut[] {
  const { step } = present;
  const numbers = numbersOf(present.champion, group);
  if (totalOfBins(numbers) < ENOUGH) return [];
  // Classes are right or wrong: that threshold was known beforehand, and everything counts.
  if (group === 'labels' && Object.keys(numbers).every((bin) => Number(bin) === 0 || Number(bin) === ONE)) {
    const from = { step: 0, champion: NOTHING, challenger: NOTHING };
    return [{ group, name: 'wrong answers', bin: 0, challengerBin: 0, side: 'above', from }];
  }
  return CUTS[group].flatMap(({ share, side, name }) => {
    const bin = quantileBin(numbers, share);
    if (bin === undefined) return [];
    const edge = logBinEdge(bin);
    const challengerBin = group === 'latency' ? logBin(edge * slack.ratio + slack.ms) : bin;
    const cut = { group, bin, challengerBin, side, name: name(edge, logBinEdge(challengerBin)) };
    const from = {
      step,
      champion: tallyOf(present, 'champion', cut),
      challenger: tallyOf(present, 'challenger', cut),
    };
    return [{ ...cut, from }];
  });
}

/** What the versions did at a threshold since that was chosen, step by step. */
const comparedAt = (cut: Cut, evidence: readonly StepEvidence[]): readonly Compared[] =>
  evidence
    .filter(({ step }) => step >= cut.from.step)
    .map((one) => {
      const { step, share } = one;
      const since = (now: Tally, then: Tally): Tally =>
        step === cut.from.step ? { of: now.of - then.of, events: now.events - then.events } : now;
      return {
        share,
        champion: since(tallyOf(one, 'champion', cut), cut.from.champion),
        challenger: since(tallyOf(one, 'challenger', cut), cut.from.challenger),
      };
    });

export interface MeasureOptions {
  readonly alpha: number;
  readonly tolerances: Tolerances;
  readonly groups: readonly Cut['group'][];
}

/** All comparisons. The chance that any of them is ever wrong is at most alpha: each group gets as much of it, and each of its thresholds. */
export function measuresOf(
  evidence: readonly StepEvidence[],
  cuts: readonly Cut[],
  { alpha, tolerances, groups }: MeasureOptions,
): readonly Measure[] {
  const each = alpha / (groups.length + 1);
  const errors = evidence.map(({ share, champion, challenger }) => ({
    share,
    champion: { of: champion.requests, events: champion.errors },
    challenger: { of: challenger.requests, events: challenger.errors },
  }));
  return [
    toMeasure('errors', errors, each, tolerances.errors, 'harm'),
    ...groups.flatMap((group) =>
      CUTS[group].flatMap((_, place, all) => {
        const cut = cuts.filter((one) => one.group === group)[place];
        if (!cut) return place === 0 ? [unknown(group, tolerances[group])] : [];
        const kind = group === 'scores' ? 'change' : 'harm';
        return [toMeasure(cut.name, comparedAt(cut, evidence), each / all.length, tolerances[group], kind)];
      }),
    ),
  ].filter(({ name }) => !(name === 'labels' && cuts.some(({ group }) => group === 'labels')));
}

/** What nothing is known of yet. */
const unknown = (name: string, tolerance: number): Measure => ({
  name,
  champion: { value: null, of: 0 },
  challenger: { value: null, of: 0 },
  excess: null,
  low: null,
  high: null,
  tolerance,
  state: 'open',
});

/**
 * One comparison with its state. Harm is worse as soon as it is above nothing beyond doubt, unless it is below what is put up with,
 * beyond doubt, too. A change is not worse by itself: only one that is larger than that, to either side.
 */
export function toMeasure(
  name: string,
  strata: readonly Compared[],
  alpha: number,
  tolerance: number,
  kind: 'harm' | 'change',
): Measure {
  // At a share of 0 or 1 there is nobody to compare with.
  const shared = strata.filter(({ share }) => share > 0 && share < 1);
  const { estimate, low, high } = excessSequence(shared, alpha);
  const rate = (of: 'champion' | 'challenger') => {
    const total = shared.reduce((sum, stratum) => sum + stratum[of].of, 0);
    const events = shared.reduce((sum, stratum) => sum + stratum[of].events, 0);
    return { value: total === 0 ? null : events / total, of: total };
  };
  const isWithin = high < tolerance && (kind === 'harm' || low > -tolerance);
  const isWorse = kind === 'harm' ? low > 0 : low > tolerance || high < -tolerance;
  return {
    name,
    champion: rate('champion'),
    challenger: rate('challenger'),
    excess: estimate,
    low,
    high,
    tolerance,
    state: isWithin ? 'within' : isWorse ? 'worse' : 'open',
  };
}

const percent = (value: number | null): string =>
  value === null ? 'unknown' : `${Number((100 * value).toPrecision(3))} %`;
const points = (value: number): string => `${value > 0 ? '+' : ''}${Number((100 * value).toPrecision(2))}`;

/** `errors: 0.4 % of 2,301 requests before, 3.1 % of 127 now; +2.7 points, between +0.9 and +6.1.` */
export function inWords({ name, champion, challenger, excess, low, high }: Measure): string {
  if (excess === null || low === null || high === null) return `${name}: nothing to compare yet.`;
  const count = (value: number): string => value.toLocaleString('en');
  return `${name}: ${percent(champion.value)} of ${count(champion.of)} requests of the champion, ${percent(
    challenger.value,
  )} of ${count(challenger.of)} of the challenger; ${points(excess)} points, between ${points(low)} and ${points(high)}.`;
}

/** What is missing for a comparison to be decided. */
export const missingWords = (measure: Measure): string =>
  `${inWords(measure)} It is decided below ${points(measure.tolerance)}.`;
