import {
  durationSchema,
  type Measure,
  type RolloutSoFar,
  type RolloutVerdict,
  rolloutStrategy,
} from '@trestle/contracts';
import { invariant } from '@trestle/kernel';
import { z } from 'zod';
import { type Cut, cutsOf, cutsSchema, slackSchema } from './cuts.ts';
import { inWords, measuresOf, missingWords, tolerancesSchema } from './measures.ts';

const FIRST_SHARE = 0.01;
/** Half of the traffic tells the most: more to the challenger leaves too few of the champion. */
const LARGEST_SHARE = 0.5;
/** Of all requests, how many more may fail than before while a ramp looks for the share that it can bear. */
const EXPOSURE = 0.001;
/** A ramp never goes further than this at once, and not for less. */
const LARGEST_JUMP = 4;
const SMALLEST_JUMP = 1.5;

const percentSchema = z
  .union([z.number(), z.string()])
  .transform((value) => (typeof value === 'number' ? value : Number(value.trim().replace(/%$/, ''))))
  .pipe(z.number('it must be a percentage, such as 5').gt(0).max(100));

const stepsSchema = z
  .union([z.literal('auto'), z.tuple([z.literal('auto')]), z.array(percentSchema).min(1)])
  .transform((steps) => (steps === 'auto' || steps[0] === 'auto' ? 'auto' : z.array(z.number()).parse(steps)))
  .refine(
    (steps) => steps === 'auto' || steps.every((one, place) => one > (steps[place - 1] ?? 0)),
    'each step must be larger than the one before',
  )
  .refine(
    (steps) => steps === 'auto' || steps[0] !== 100,
    'the first step must leave somebody to compare with',
  );

/** What strategies that compare two versions have in common. */
export const comparisonShape = {
  /** The chance of a wrong verdict, whenever and however often one looks; shared among all comparisons. */
  alpha: z.coerce.number().gt(0).max(0.2).default(0.01),
  /** Requests of the challenger without which a step does not end well. */
  minRequests: z.coerce.number().int().min(1).default(100),
  /** Without a verdict by then it is rolled back. */
  timeLimit: durationSchema.default(24 * 3_600_000),
  /** `labels`: no promotion before labels have shown that the challenger is not worse. Labels that come are always looked at. */
  metric: z.enum(['labels']).optional(),
  tolerances: tolerancesSchema.prefault({}),
  slack: slackSchema.prefault({}),
};

const optionsSchema = z.strictObject({
  ...comparisonShape,
  /** In percent, or `auto`: as much as what is known of its errors allows. */
  steps: stepsSchema.prefault([1, 5, 25, 100]),
  /** How long a step takes at least. */
  stepTime: durationSchema.or(z.literal(0)).default(0),
});
type Options = z.output<typeof optionsSchema>;

const memorySchema = z.object({
  cuts: cutsSchema,
  /** Of a ramp: the share of the present step. */
  share: z.number().optional(),
});

const GROUPS: readonly Cut['group'][] = ['latency', 'scores', 'labels'];

/** Shares of the steps before the last, from 0 to 1. */
const sharesOf = (steps: readonly number[]): readonly number[] =>
  steps.filter((step) => step < 100).map((step) => step / 100);

const shareAt = ({ steps }: Options, { step, memory }: Pick<RolloutSoFar, 'step' | 'memory'>): number => {
  if (steps === 'auto') return memorySchema.safeParse(memory).data?.share ?? FIRST_SHARE;
  const shares = sharesOf(steps);
  return shares[Math.min(step, shares.length - 1)] ?? 0;
};

/** Of a ramp: the share at which the errors that are still possible would be few among all requests. */
function rampedShare(share: number, errors: Measure): number {
  const possible = Math.max(errors.high ?? 1, EXPOSURE);
  const next = Math.min(LARGEST_SHARE, share * LARGEST_JUMP, EXPOSURE / possible);
  return next >= LARGEST_SHARE || next >= share * SMALLEST_JUMP ? Math.max(next, share) : share;
}

/** More and more of the traffic, judged against the champion at the same time. */
export const canary = rolloutStrategy({
  name: 'canary',
  summary: 'More and more of the traffic, as long as nothing gets worse than with the champion beside it.',
  options: optionsSchema,
  wants: () => ({ outcomes: true, scores: true, labels: true, warmUp: true }),
  explain: (options) => {
    const { steps, alpha, minRequests, timeLimit, metric } = options;
    const last = steps === 'auto' ? 'half of the requests' : `${steps.filter((step) => step < 100).at(-1)} %`;
    return [
      ...(steps === 'auto'
        ? [
            `1 % of the requests go to the challenger; more as its possible errors become fewer, until ${last}.`,
          ]
        : sharesOf(steps).map(
            (share, place) =>
              `Step ${place + 1}: ${100 * share} % of the requests go to the challenger, at least ${minRequests} of them.`,
          )),
      `At ${last} it is promoted once errors, latency and scores${metric === undefined ? '' : ' and labels'} are shown to be within their tolerances.`,
      `It is rolled back as soon as one of them is worse beyond doubt, or after ${Math.round(timeLimit / 60_000)} minutes.`,
      `A version that is no worse is rolled back with a probability of at most ${alpha}, however often it is looked at.`,
    ];
  },
  traffic: (options, at) => ({ share: shareAt(options, at), mirrored: 0 }),
  judge: (options, soFar) => {
    const before = memorySchema.safeParse(soFar.memory).data ?? { cuts: [] };
    const cuts = [...cutsOf(before.cuts, GROUPS, soFar.evidence, options.slack)];
    const measures = [...measuresOf(soFar.evidence, cuts, { ...options, groups: GROUPS })];
    const memory = { ...before, cuts };
    const worse = measures.filter(({ state }) => state === 'worse');
    if (worse.length > 0)
      return {
        decision: 'rollback',
        reasons: ['The challenger is worse.', ...worse.map(inWords)],
        measures,
        memory,
      };
    if (soFar.elapsedMs >= options.timeLimit)
      return {
        decision: 'rollback',
        reasons: ['The time is over without a verdict.', ...openOf(options, measures).map(missingWords)],
        measures,
        memory,
      };
    return goOn(options, soFar, measures, memory);
  },
});

/** What has to be decided before a promotion. */
const openOf = ({ metric }: Options, measures: readonly Measure[]): readonly Measure[] =>
  measures.filter(({ name, state }) => state !== 'within' && !(name === 'labels' && metric === undefined));

/** Whether a step has seen enough, and what comes next then. */
function goOn(
  options: Options,
  soFar: RolloutSoFar,
  measures: Measure[],
  memory: z.infer<typeof memorySchema>,
): RolloutVerdict {
  const share = shareAt(options, soFar);
  const requests = soFar.evidence.at(-1)?.challenger.requests ?? 0;
  const hold = (...reasons: [string, ...string[]]): RolloutVerdict => ({
    decision: 'hold',
    reasons,
    measures,
    memory,
  });
  if (requests < options.minRequests)
    return hold(
      `${requests} of ${options.minRequests} requests that this step has to see at the challenger, at ${100 * share} %.`,
    );
  if (soFar.stepMs < options.stepTime)
    return hold(`The step takes ${Math.ceil((options.stepTime - soFar.stepMs) / 1000)} s more.`);
  const errors = invariant(measures[0], 'the measure of errors');
  const next =
    options.steps === 'auto'
      ? rampedShare(share, errors)
      : shareAt(options, { step: soFar.step + 1, memory });
  if (next > share)
    return {
      decision: 'advance',
      reasons: [
        `${requests} requests and nothing worse: from ${shownPercent(share)} to ${shownPercent(next)}.`,
        inWords(errors),
      ],
      measures,
      memory: options.steps === 'auto' ? { ...memory, share: next } : memory,
    };
  const open = openOf(options, measures);
  if (open.length > 0) {
    const [first = '', ...rest] = open.map(missingWords);
    return hold(first, ...rest);
  }
  return {
    decision: 'promote',
    reasons: [
      'Everything is within its tolerance.',
      ...measures.filter(({ excess }) => excess !== null).map(inWords),
    ],
    measures,
    memory,
  };
}

const shownPercent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
