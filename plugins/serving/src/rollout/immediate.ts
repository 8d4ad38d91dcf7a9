import { rolloutStrategy } from '@trestle/contracts';
import { z } from 'zod';

/** All traffic at once: it is promoted before anything was seen, so there is no rollout to watch. */
export const immediate = rolloutStrategy({
  name: 'immediate',
  summary: 'All traffic moves at once; a rollback moves it back.',
  options: z.strictObject({}),
  wants: () => ({ outcomes: false, scores: false, labels: false, warmUp: false }),
  explain: () => ['All traffic moves at once.'],
  traffic: () => ({ share: 1, mirrored: 0 }),
  judge: () => ({ decision: 'promote', reasons: ['All traffic moves at once.'], measures: [] }),
});
