import { durationSchema, type Measure, type RolloutVerdict, rolloutStrategy } from '@trestle/contracts';
import { invariant } from '@trestle/kernel';
import { logBinEdge, proportionSequence, quantileBin } from '@trestle/statistics';
import { z } from 'zod';
import { inWords, missingWords, toMeasure } from './measures.ts';

const optionsSchema = z.strictObject({
  /** Of the requests, how many the challenger is asked besides, in percent. */
  traffic: z.coerce.number().gt(0).max(100).default(100),
  alpha: z.coerce.number().gt(0).max(0.2).default(0.01),
  /** Pairs of answers without which nothing is said. */
  minRequests: z.coerce.number().int().min(1).default(200),
  timeLimit: durationSchema.default(24 * 3_600_000),
  /** Of all answers, how many may be another class; of the requests, how many more may fail. */
  tolerances: z
    .strictObject({
      answers: z.number().gt(0).max(1).default(0.05),
      errors: z.number().gt(0).max(1).default(0.01),
    })
    .prefault({}),
  /** Whether it is promoted once both are shown to be within their tolerances; else that is for a person. */
  promote: z.coerce.boolean().default(false),
});

/** The challenger is asked what the champion is asked, and its answers are compared pair by pair; they go to nobody. */
export const shadow = rolloutStrategy({
  name: 'shadow',
  summary: 'The challenger is asked besides, and compared answer by answer; callers get the champion alone.',
  options: optionsSchema,
  wants: () => ({ outcomes: true, scores: true, labels: false, warmUp: true }),
  explain: ({ traffic, minRequests, tolerances, promote, timeLimit }) => [
    `The challenger is asked ${traffic} % of what the champion is asked; nobody waits for it, and its answers go to nobody.`,
    `After ${minRequests} pairs it is said whether it answers differently in more than ${100 * tolerances.answers} % of them, or fails more often.`,
    promote
      ? 'If it does not, beyond doubt, it is promoted.'
      : 'If it does not, "trestle deployment promote" lets it serve.',
    `It ends as soon as it does, beyond doubt, or after ${Math.round(timeLimit / 60_000)} minutes.`,
  ],
  traffic: ({ traffic }) => ({ share: 0, mirrored: traffic / 100 }),
  judge: (options, { evidence, elapsedMs }) => {
    const { pairs } = invariant(evidence.at(-1), 'the evidence of the present step');
    const { alpha, tolerances, minRequests, timeLimit, promote } = options;
    const all = pairs.compared + pairs.onlyChampionFailed + pairs.onlyChallengerFailed;
    // Whichever of two alike versions fails alone is a matter of luck, once for each pair (Q. McNemar, Psychometrika 12, 1947).
    const errors = toMeasure(
      'errors of one alone',
      [
        {
          share: 0.5,
          champion: { of: all, events: pairs.onlyChampionFailed },
          challenger: { of: all, events: pairs.onlyChallengerFailed },
        },
      ],
      alpha / 2,
      tolerances.errors,
      'harm',
    );
    const answers = differing(pairs.differing, pairs.compared, alpha / 2, tolerances.answers);
    const measures = [errors, answers];
    const verdict = (
      decision: RolloutVerdict['decision'],
      ...reasons: [string, ...string[]]
    ): RolloutVerdict => ({ decision, reasons, measures });
    const worse = measures.filter(({ state }) => state === 'worse');
    const words = [errorWords(errors), answerWords(answers), ...differenceWords(pairs)];
    if (worse.length > 0) return verdict('rollback', 'The challenger is not as the champion.', ...words);
    if (elapsedMs >= timeLimit) return verdict('rollback', 'The time is over.', ...words);
    if (all < minRequests)
      return verdict('hold', `${all} of ${minRequests} requests have been compared.`, ...words);
    if (measures.every(({ state }) => state === 'within'))
      return promote
        ? verdict('promote', 'It answers as the champion does.', ...words)
        : verdict('hold', 'It answers as the champion does: it may be promoted.', ...words);
    return verdict('hold', 'It is not decided yet.', ...words);
  },
});

/** How often answers differ; of the champion there is nothing to say. */
function differing(events: number, of: number, alpha: number, tolerance: number): Measure {
  const { estimate, low, high } = proportionSequence(events, of, alpha);
  return {
    name: 'other answers',
    champion: { value: of === 0 ? null : 0, of },
    challenger: { value: estimate, of },
    excess: estimate,
    low,
    high,
    tolerance,
    state: high < tolerance ? 'within' : low > tolerance ? 'worse' : 'open',
  };
}

const errorWords = (errors: Measure): string =>
  errors.state === 'open' ? missingWords(errors) : inWords(errors);

const answerWords = ({ challenger, low, high, tolerance }: Measure): string =>
  challenger.value === null
    ? 'No answers have been compared.'
    : `${shown(challenger.value)} of ${challenger.of.toLocaleString('en')} answers are another class, between ${shown(low ?? 0)} and ${shown(
        high ?? 1,
      )}; ${shown(tolerance)} are put up with.`;

const shown = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

/** How far scores are from each other, and which version is slower. */
function differenceWords({
  differences,
  slower,
  compared,
  dropped,
}: {
  readonly differences: Readonly<Record<string, number>>;
  readonly slower: number;
  readonly compared: number;
  readonly dropped: number;
}): readonly string[] {
  const [median, most] = [0.5, 0.95].map((share) => quantileBin(differences, share));
  return [
    ...(median === undefined || most === undefined
      ? []
      : [
          `Scores differ by ${Number(logBinEdge(median).toPrecision(2))} (median) and ${Number(logBinEdge(most).toPrecision(2))} (p95).`,
        ]),
    ...(compared === 0 ? [] : [`It is the slower one in ${shown(slower / compared)} of the pairs.`]),
    ...(dropped === 0 ? [] : [`${dropped} requests were not mirrored: it is behind.`]),
  ];
}
