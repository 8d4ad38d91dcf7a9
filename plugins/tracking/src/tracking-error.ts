import { errorFactory } from '@trestle/kernel';

export const trackingError = errorFactory('TRACKING');

/** An unknown run has the code that it had when trainings were the only runs: callers know it. */
export const unknownRunError = errorFactory('TRAIN');
