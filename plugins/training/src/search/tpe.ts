import type { ParamValue, PastTrial, SearchParam, SearchStrategy } from '@trestle/contracts';
import { invariant } from '@trestle/kernel';
import { upperGamma } from '@trestle/statistics';
import { drawn, fill, fromUnit, toUnit } from './space.ts';

/** Trials that are drawn before there is anything to learn from. */
const FIRST_DRAWN = 10;
/** Of what was tried the best are as many as this share (Bergstra et al. 2011, section 5), and at most as many as that. */
const BEST_SHARE = 0.15;
const MOST_BEST = 25;
/** Values that are looked at for each parameter (Bergstra et al. 2011, section 4.2 draws and takes the greatest ratio). */
const CANDIDATES = 24;
/**
 * A kernel is no narrower than the range divided by as many as this, or by the kernels where they are fewer: a few good trials must
 * not be all that is looked at (as hyperopt has it; with a hundredth throughout Hartmann's function takes twice as long).
 */
const MOST_NARROW = 100;

/**
 * Tree-structured Parzen estimators (Bergstra, Bardenet, Bengio and Kégl 2011): each parameter is taken where the density of good
 * trials is greatest beside that of the others. In time linear in the trials, for each parameter.
 */
export const tpe: SearchStrategy = {
  name: 'tpe',
  propose({ space, past, random }) {
    const [good, others] = divided(past);
    const hasLearnt = good.length + others.length >= FIRST_DRAWN;
    return fill(space, (name, param) => {
      if (!hasLearnt) return drawn(param, random);
      return param.type === 'choice'
        ? chooseOne(param.values, valuesOf(good, name), valuesOf(others, name), random)
        : chooseBetween(param, numbersOf(good, name), numbersOf(others, name), random);
    });
  },
};

/** The best, and the others: trials that were ended early or failed are among these, so that what crashes is not tried on and on. */
function divided(past: readonly PastTrial[]): readonly [readonly PastTrial[], readonly PastTrial[]] {
  const complete = past
    .filter(({ state, value }) => state === 'complete' && value !== undefined)
    .toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0));
  const ended = past.filter(({ state }) => state !== 'failed').length;
  const best = Math.min(MOST_BEST, Math.ceil(BEST_SHARE * ended));
  const good = new Set(complete.slice(0, best));
  return [[...good], past.filter((trial) => !good.has(trial))];
}

const valuesOf = (trials: readonly PastTrial[], name: string): readonly ParamValue[] =>
  trials.flatMap(({ params }) => params[name] ?? []);
const numbersOf = (trials: readonly PastTrial[], name: string): readonly number[] =>
  valuesOf(trials, name).filter((value) => typeof value === 'number');

function chooseOne(
  values: readonly ParamValue[],
  good: readonly ParamValue[],
  others: readonly ParamValue[],
  random: () => number,
): ParamValue {
  // Each has been seen once before: what was not tried yet stays possible.
  const share = (seen: readonly ParamValue[], value: ParamValue): number =>
    (1 + seen.filter((one) => one === value).length) / (values.length + seen.length);
  const drawOne = (): ParamValue => {
    let left = random();
    for (const value of values) {
      left -= share(good, value);
      if (left <= 0) return value;
    }
    return invariant(values.at(-1), 'a choice');
  };
  return best(
    Array.from({ length: CANDIDATES }, drawOne),
    (value) => Math.log(share(good, value)) - Math.log(share(others, value)),
  );
}

interface Kernel {
  readonly centre: number;
  readonly width: number;
  /** How much of it lies between 0 and 1. */
  readonly inside: number;
}

function chooseBetween(
  param: Exclude<SearchParam, { readonly type: 'choice' }>,
  good: readonly number[],
  others: readonly number[],
  random: () => number,
): number {
  const near = kernelsAt(good.map((value) => toUnit(param, value)));
  const far = kernelsAt(others.map((value) => toUnit(param, value)));
  const drawOne = (): number => {
    const { centre, width } = invariant(near[Math.floor(random() * near.length)], 'a kernel');
    // Beyond the ends there is nothing: what falls there is drawn again.
    for (let tries = 0; tries < 100; tries++) {
      const place = centre + width * normal(random);
      if (place >= 0 && place <= 1) return place;
    }
    return centre;
  };
  const place = best(
    Array.from({ length: CANDIDATES }, drawOne),
    (at) => logDensity(near, at) - logDensity(far, at),
  );
  return fromUnit(param, place);
}

/** A kernel on each place, as wide as the way to the farther neighbour, and one over the whole range as what is believed before. */
function kernelsAt(places: readonly number[]): readonly Kernel[] {
  const sorted = [0.5, ...places].toSorted((a, b) => a - b);
  const least = 1 / Math.min(MOST_NARROW, 1 + sorted.length);
  const prior = sorted.indexOf(0.5);
  return sorted.map((centre, at): Kernel => {
    const left = centre - (sorted[at - 1] ?? 0);
    const right = (sorted[at + 1] ?? 1) - centre;
    const width = at === prior ? 1 : Math.min(1, Math.max(least, left, right));
    return { centre, width, inside: below((1 - centre) / width) - below(-centre / width) };
  });
}

/** The share of a standard normal distribution below a place. */
const below = (z: number): number => {
  const tail = upperGamma(0.5, (z * z) / 2) / 2;
  return z < 0 ? tail : 1 - tail;
};

/** Of kernels cut off at 0 and 1. */
function logDensity(kernels: readonly Kernel[], at: number): number {
  let sum = 0;
  for (const { centre, width, inside } of kernels) {
    sum += Math.exp(-0.5 * ((at - centre) / width) ** 2) / (width * inside);
  }
  return Math.log(Math.max(sum / kernels.length, Number.MIN_VALUE));
}

/** Box and Muller 1958. */
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

function best<T>(candidates: readonly T[], score: (candidate: T) => number): T {
  let [winner, most] = [invariant(candidates[0], 'a candidate'), Number.NEGATIVE_INFINITY];
  for (const candidate of candidates) {
    const value = score(candidate);
    if (value > most) [winner, most] = [candidate, value];
  }
  return winner;
}
