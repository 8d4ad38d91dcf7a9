import type { ArmEvidence, StepEvidence } from '@trestle/contracts';
import { invariant } from '@trestle/kernel';
import {
  addBins,
  type Compared,
  countAbove,
  type LogBinCounts,
  logBin,
  logBinEdge,
  quantileBin,
  totalOfBins,
} from '@trestle/statistics';
import { z } from 'zod';

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

/** What had been counted of a step at a threshold. */
const countedSchema = z.object({ step: z.number(), champion: tallySchema, challenger: tallySchema });
type Counted = z.infer<typeof countedSchema>;

/**
 * A threshold that the champion's own numbers gave until then: what is counted is what comes after it. Chosen from all the numbers, it
 * would move with them, and a test at a moving threshold looks for its luck. With each step it is chosen anew, so that the slow
 * first answers of a server that has just begun are not what others are compared with for good.
 */
const cutSchema = z.object({
  group: z.enum(['latency', 'scores', 'labels']),
  /** Which of the group's quantiles it is. */
  place: z.number(),
  name: z.string(),
  /** The step in which it was chosen. */
  step: z.number(),
  bin: z.number(),
  /** The challenger's threshold, where it is another one. */
  challengerBin: z.number(),
  /** Events are numbers in bins above it, or all others. */
  side: z.enum(['above', 'not above']),
  /** What had been counted when it was chosen, and when the next one was. */
  from: z.array(countedSchema),
  until: z.array(countedSchema).optional(),
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
export const CUTS: Readonly<Record<Cut['group'], readonly CutPlan[]>> = {
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

const ONE = logBin(1);

/** The thresholds so far, and those that are chosen now: the first ones of a group, and of a step. */
export function cutsOf(
  before: readonly Cut[],
  groups: readonly Cut['group'][],
  evidence: readonly StepEvidence[],
  slack: Slack,
): readonly Cut[] {
  const present = invariant(evidence.at(-1), 'the evidence of the present step');
  let cuts = before;
  for (const group of groups) {
    const open = cuts.filter((cut) => cut.group === group && !cut.until);
    const isChosen = open.length > 0;
    // Labels of earlier steps are still to come: a step has none of its own to choose by.
    if (isChosen && (group === 'labels' || open.every(({ step }) => step === present.step))) continue;
    const chosen = newCuts(group, isChosen ? evidence.slice(-2, -1) : evidence, evidence, slack);
    if (chosen.length === 0) continue;
    cuts = [
      ...cuts.map((cut) => (open.includes(cut) ? { ...cut, until: countedAt(cut, evidence) } : cut)),
      ...chosen,
    ];
  }
  return cuts;
}

/** @param by the steps whose numbers choose */
function newCuts(
  group: Cut['group'],
  by: readonly StepEvidence[],
  evidence: readonly StepEvidence[],
  slack: Slack,
): Cut[] {
  const step = evidence.at(-1)?.step ?? 0;
  const numbers = by.map(({ champion }) => numbersOf(champion, group)).reduce(addBins, {});
  if (totalOfBins(numbers) < ENOUGH) return [];
  // Classes are right or wrong: that threshold was known beforehand, and everything counts.
  if (group === 'labels' && Object.keys(numbers).every((bin) => Number(bin) === 0 || Number(bin) === ONE))
    return [
      { group, place: 0, name: 'wrong answers', step, bin: 0, challengerBin: 0, side: 'above', from: [] },
    ];
  return CUTS[group].flatMap(({ share, side, name }, place) => {
    const bin = quantileBin(numbers, share);
    if (bin === undefined) return [];
    const edge = logBinEdge(bin);
    const challengerBin = group === 'latency' ? logBin(edge * slack.ratio + slack.ms) : bin;
    const cut = { group, place, step, bin, challengerBin, side, name: name(edge, logBinEdge(challengerBin)) };
    return [{ ...cut, from: countedAt(cut, evidence) }];
  });
}

const countedAt = (cut: Threshold, evidence: readonly StepEvidence[]): Counted[] =>
  evidence.map((one) => ({
    step: one.step,
    champion: tallyOf(one, 'champion', cut),
    challenger: tallyOf(one, 'challenger', cut),
  }));

const NOTHING: Tally = { of: 0, events: 0 };
const less = (now: Tally, then: Tally = NOTHING): Tally => ({
  of: now.of - then.of,
  events: now.events - then.events,
});

/** What the versions did at a threshold while it stood, step by step. */
export function comparedAt(cut: Cut, evidence: readonly StepEvidence[]): readonly Compared[] {
  const then = new Map(cut.from.map((one) => [one.step, one]));
  return (cut.until ?? countedAt(cut, evidence)).map(({ step, champion, challenger }) => ({
    share: evidence.find((one) => one.step === step)?.share ?? 0,
    champion: less(champion, then.get(step)?.champion),
    challenger: less(challenger, then.get(step)?.challenger),
  }));
}
