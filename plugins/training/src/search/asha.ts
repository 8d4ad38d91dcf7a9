import type { PastTrial, PruningRule } from '@trestle/contracts';

/** A trial goes on beyond a rung when it is among the best so many there. */
const REDUCTION = 3;
/** Below this many trials at a rung nobody knows what is good. */
const LEAST_KNOWN = 3;

/**
 * Successive halving without waiting (Li et al. 2020): after 1, 3, 9, … measurements a trial goes on if it is in the best third of
 * those that came as far. Only trials that were over when it began count, so that the same seed ends the same trials.
 */
export const asha: PruningRule = {
  name: 'asha',
  isToEnd({ values, past }) {
    const rung = values.length;
    if (!isRung(rung)) return false;
    const value = values[rung - 1] ?? Number.NaN;
    const known = past.flatMap((trial) => valueAt(trial, rung) ?? []);
    if (known.length < LEAST_KNOWN) return false;
    const better = known.filter((other) => other < value).length;
    // Of n trials and this one a third goes on, and always the best.
    return Number.isNaN(value) || better >= Math.max(1, Math.floor((known.length + 1) / REDUCTION));
  },
};

const isRung = (count: number): boolean => {
  let rung = 1;
  while (rung < count) rung *= REDUCTION;
  return rung === count;
};

const valueAt = ({ values }: PastTrial, rung: number): number | undefined => {
  const value = values[rung - 1];
  return value === undefined || Number.isNaN(value) ? undefined : value;
};

/** No trial is ended early. */
export const noPruning: PruningRule = { name: 'none', isToEnd: () => false };
