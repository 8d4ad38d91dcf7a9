import { logGamma } from '../hypothesis/incomplete-gamma.ts';
import type { Sequence } from './rate-ratio.ts';

/** Jeffreys' prior. */
const PRIOR = 0.5;

const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);

/**
 * The probability of an event of which `events` came in `trials`, at all times at once: the beta-binomial mixture of H. Robbins,
 * Ann. Math. Statist. 41 (1970), 1397-1409; its place among others: S. R. Howard, A. Ramdas, J. McAuliffe and J. Sekhon, Time-uniform,
 * nonparametric, nonasymptotic confidence sequences, Ann. Statist. 49 (2021), 1055-1080. For trials of one probability.
 */
export function proportionSequence(events: number, trials: number, alpha: number): Sequence {
  if (trials === 0) return { estimate: null, low: 0, high: 1 };
  const others = trials - events;
  const mixture = logBeta(events + PRIOR, others + PRIOR) - logBeta(PRIOR, PRIOR);
  const isOut = (p: number): boolean =>
    mixture - times(events, Math.log(p)) - times(others, Math.log1p(-p)) >= Math.log(1 / alpha);
  const estimate = events / trials;
  const edge = (end: number): number => {
    let [inside, outside] = [estimate, end];
    for (let n = 0; n < 60; n++) {
      const middle = (inside + outside) / 2;
      if (isOut(middle)) outside = middle;
      else inside = middle;
    }
    return outside;
  };
  return { estimate, low: events === 0 ? 0 : edge(0), high: others === 0 ? 1 : edge(1) };
}

/** 0 · log 0 is 0. */
const times = (count: number, log: number): number => (count === 0 ? 0 : count * log);
