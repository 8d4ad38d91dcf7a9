/**
 * Events of a time in which requests were shared between two versions at random, and the share did not change. How likely an event
 * is may change as it likes, as long as it does so for both.
 */
export interface Stratum {
  /** How likely a request was to go to the challenger: above 0, below 1. */
  readonly share: number;
  /** Requests of which the event came. */
  readonly champion: number;
  readonly challenger: number;
}

export interface Sequence {
  /** Null where nothing is known. */
  readonly estimate: number | null;
  /** These hold at all times at once, but for a probability of alpha. */
  readonly low: number;
  readonly high: number;
}

/** The prior of the mixture on the log of the ratio: Cauchy, of this scale, up to this size: a ratio of 1.5 to 5 is found soonest. */
const SCALE = 0.7;
const REACH = 12;
const LOG_PRIOR = -Math.log(2 * Math.atan(REACH / SCALE) * SCALE);

/**
 * How many times as often an event happens to a request of the challenger as to one of the champion, at all times at once.
 *
 * Of the events that happen to either, those of the challenger are a share that is known but for the ratio: share · ratio /
 * (share · ratio + 1 − share), whatever else changes with time, and however often one looks. The likelihood of it is mixed over
 * all ratios, and a ratio is left out once the mixture explains the events 1/alpha times as well (Ville's inequality).
 * Conditioning on the event: J. Przyborowski and H. Wilenski, Biometrika 31 (1940); mixtures: H. Robbins, Ann. Math. Statist. 41 (1970),
 * 1397-1409; for counts of versions of software: M. Lindon and A. Malek, Anytime-Valid Inference for Multinomial Count Data (NeurIPS 2022).
 *
 * @returns ratios from 0 to infinity; an estimate of infinity where all events are the challenger's
 */
export function rateRatioSequence(strata: readonly Stratum[], alpha: number): Sequence {
  const seen = strata.filter(({ champion, challenger }) => champion + challenger > 0);
  const all = seen.reduce((sum, { champion, challenger }) => sum + champion + challenger, 0);
  if (all === 0) return { estimate: null, low: 0, high: Number.POSITIVE_INFINITY };
  const peak = likeliest(seen);
  const least = logMixture(seen, peak) - Math.log(1 / alpha);
  const isOut = (log: number): boolean => logLikelihood(seen, log) <= least;
  const bound = (end: number): number =>
    isOut(end) ? edge(isOut, peak, end) : end * Number.POSITIVE_INFINITY;
  return {
    estimate: Math.abs(peak) >= REACH ? Math.exp(peak * Number.POSITIVE_INFINITY) : Math.exp(peak),
    low: Math.exp(bound(-REACH)),
    high: Math.exp(bound(REACH)),
  };
}

/** The log of the e-value against a ratio of 1: beyond log(1/alpha) the versions differ. */
export function rateRatioEvidence(strata: readonly Stratum[]): number {
  const seen = strata.filter(({ champion, challenger }) => champion + challenger > 0);
  return seen.length === 0 ? 0 : logMixture(seen, likeliest(seen)) - logLikelihood(seen, 0);
}

/** Of a ratio by its log; without what does not depend on it. Concave. */
function logLikelihood(strata: readonly Stratum[], log: number): number {
  let sum = 0;
  for (const { share, champion, challenger } of strata) {
    // Odds of 1e200 would overflow where they are multiplied, but not here.
    const odds = log + Math.log(share / (1 - share));
    const [toChallenger, toChampion] = [-softplus(-odds), -softplus(odds)];
    sum += challenger * toChallenger + champion * toChampion;
  }
  return sum;
}

const softplus = (x: number): number => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));

/** The log of the likeliest ratio, within the reach of the prior: where the slope is 0. */
function likeliest(strata: readonly Stratum[]): number {
  const rises = (log: number): boolean =>
    strata.reduce((slope, { share, champion, challenger }) => {
      const part = 1 / (1 + Math.exp(-log) * ((1 - share) / share));
      return slope + challenger - (champion + challenger) * part;
    }, 0) > 0;
  if (rises(REACH)) return REACH;
  return rises(-REACH) ? edge((log) => !rises(log), -REACH, REACH) : -REACH;
}

const BISECTIONS = 60;

/** Where a condition that does not hold at `from` begins to, towards `to`, where it does. */
function edge(holds: (at: number) => boolean, from: number, to: number): number {
  let [inside, outside] = [from, to];
  for (let n = 0; n < BISECTIONS; n++) {
    const middle = (inside + outside) / 2;
    if (holds(middle)) outside = middle;
    else inside = middle;
  }
  return outside;
}

/** Points of Simpson's rule on each part, fine where the likelihood is and coarse elsewhere. */
const FINE = 200;
const COARSE = 60;
/** Further from its peak than this many standard deviations a likelihood is nothing beside the rest. */
const DEVIATIONS = 12;

/** The log of the likelihood, mixed over all ratios by the prior. */
function logMixture(strata: readonly Stratum[], peak: number): number {
  const information = strata.reduce((sum, { share, champion, challenger }) => {
    const part = 1 / (1 + Math.exp(-peak) * ((1 - share) / share));
    return sum + (champion + challenger) * part * (1 - part);
  }, 0);
  const width = DEVIATIONS / Math.sqrt(Math.max(information, 1e-6));
  const [near, far] = [Math.max(-REACH, peak - width), Math.min(REACH, peak + width)];
  const top = logLikelihood(strata, peak);
  const integrand = (log: number): number =>
    Math.exp(logLikelihood(strata, log) - top + LOG_PRIOR) / (1 + (log / SCALE) ** 2);
  const area =
    simpson(integrand, -REACH, near, COARSE) +
    simpson(integrand, near, far, FINE) +
    simpson(integrand, far, REACH, COARSE);
  return top + Math.log(area);
}

/** @param parts an even number */
function simpson(of: (x: number) => number, from: number, to: number, parts: number): number {
  if (to <= from) return 0;
  const step = (to - from) / parts;
  let sum = of(from) + of(to);
  for (let n = 1; n < parts; n++) sum += (n % 2 === 0 ? 2 : 4) * of(from + n * step);
  return (sum * step) / 3;
}
