import { errorFactory } from '@trestle/kernel';

export const trackingError = errorFactory('TRACKING');

/** An unknown run has the code that it had when trainings were the only runs: callers know it. */
export const unknownRunError = errorFactory('TRAIN');

export const notOwn = (run: string, kind: string) =>
  trackingError('NOT_OWN', {
    kind: 'conflict',
    message: `The run "${run}" is a ${kind}: what is measured in it, and when it ends, its job says.`,
    hint: 'Begin a run of your own with "trestle run start", with --parent if it belongs to this one.',
    details: { run, kind },
  });

export const notResumable = (run: string, why: string) =>
  trackingError('NOT_RESUMABLE', {
    kind: 'conflict',
    message: `The run "${run}" cannot be resumed: ${why}.`,
    hint: `Begin again with its settings: "trestle run show ${run}".`,
    details: { run },
  });
