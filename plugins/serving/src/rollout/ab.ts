import { type RolloutVerdict, rolloutStrategy } from '@trestle/contracts';
import { invariant } from '@trestle/kernel';
import { z } from 'zod';
import { comparisonShape } from './canary.ts';
import { type Cut, cutsOf, cutsSchema } from './cuts.ts';
import { inWords, measuresOf } from './measures.ts';

const optionsSchema = z.strictObject({
  ...comparisonShape,
  /** The challenger's share, in percent. */
  traffic: z.coerce.number().gt(0).lt(100).default(50),
});
const memorySchema = z.object({ cuts: cutsSchema });

// Scores may move as they like: whether the move is for the better is what labels say.
const GROUPS: readonly Cut['group'][] = ['latency', 'labels'];

/** A fixed share, until labels tell which version is right more often. */
export const ab = rolloutStrategy({
  name: 'ab',
  summary: 'A fixed share, until labels say which version is right more often.',
  options: optionsSchema,
  wants: () => ({ outcomes: true, scores: false, labels: true, warmUp: true }),
  explain: ({ traffic, timeLimit, alpha }) => [
    `${traffic} % of the requests go to the challenger.`,
    'It is promoted once labels show that it is wrong less often, and rolled back once something is worse, beyond doubt.',
    `It is rolled back after ${Math.round(timeLimit / 60_000)} minutes without a verdict; a wrong one has a probability of at most ${alpha}.`,
  ],
  traffic: ({ traffic }) => ({ share: traffic / 100, mirrored: 0 }),
  judge: (options, soFar): RolloutVerdict => {
    const present = invariant(soFar.evidence.at(-1), 'the evidence of the present step');
    const before = memorySchema.safeParse(soFar.memory).data?.cuts ?? [];
    const cuts = [...cutsOf(before, GROUPS, soFar.evidence, options.slack)];
    const measures = [...measuresOf(soFar.evidence, cuts, { ...options, groups: GROUPS })];
    const verdict = (decision: RolloutVerdict['decision'], ...reasons: string[]): RolloutVerdict => ({
      decision,
      reasons: [...reasons, ...measures.filter(({ excess }) => excess !== null).map(inWords)],
      measures,
      memory: { cuts },
    });
    if (measures.some(({ state }) => state === 'worse'))
      return verdict('rollback', 'The challenger is worse.');
    const labels = cuts.filter(({ group }) => group === 'labels').map(({ name }) => name);
    const better = measures.filter(({ name, high }) => labels.includes(name) && high !== null && high < 0);
    if (better.length > 0 && present.challenger.requests >= options.minRequests)
      return verdict('promote', 'The challenger is wrong less often.');
    if (soFar.elapsedMs >= options.timeLimit)
      return verdict('rollback', 'The time is over without a verdict.');
    return verdict('hold', labels.length === 0 ? 'Too few labels have come.' : 'It is not decided yet.');
  },
});
