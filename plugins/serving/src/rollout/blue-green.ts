import { durationSchema, rolloutStrategy } from '@trestle/contracts';
import { z } from 'zod';

const optionsSchema = z.strictObject({
  /** Without every process being ready by then it is rolled back. */
  timeLimit: durationSchema.default(10 * 60_000),
  /** How long it is given to hear of processes that serve, when none has been asked yet. */
  quiet: durationSchema.default(5_000),
});

/** The challenger is made ready beside the champion, then all requests move at once; the champion stays ready for the way back. */
export const blueGreen = rolloutStrategy({
  name: 'blue-green',
  summary: 'Made ready in every process, golden examples and all, before all traffic moves at once.',
  options: optionsSchema,
  wants: () => ({ outcomes: false, scores: false, labels: false, warmUp: true }),
  explain: ({ timeLimit }) => [
    'Each process that serves opens the challenger and replays its golden examples.',
    'Once all of them answer as in training, all traffic moves at once; "trestle deployment rollback" moves it back.',
    `It is rolled back where that takes longer than ${Math.round(timeLimit / 1_000)} s.`,
  ],
  traffic: () => ({ share: 0, mirrored: 0 }),
  judge: ({ timeLimit, quiet }, { processes: { serving, warm }, elapsedMs }) => {
    const state = `${warm} of ${serving} processes that serve are ready.`;
    if (serving > 0 && warm === serving) return { decision: 'promote', reasons: [state], measures: [] };
    if (elapsedMs >= timeLimit)
      return { decision: 'rollback', reasons: ['The time is over.', state], measures: [] };
    if (serving === 0 && elapsedMs >= quiet)
      return {
        decision: 'promote',
        reasons: ['No process has been asked for this deployment: nobody has to be made ready.'],
        measures: [],
      };
    return { decision: 'hold', reasons: [state], measures: [] };
  },
});
