import { proportionSequence } from './proportion.ts';
import { rateRatioSequence, type Sequence } from './rate-ratio.ts';

/** Requests of one time at one share: how many each version had, and of how many the event came. */
export interface Compared {
  readonly share: number;
  readonly champion: { readonly of: number; readonly events: number };
  readonly challenger: { readonly of: number; readonly events: number };
}

/**
 * How much more often an event comes to the challenger's requests than to the champion's: the difference of the two rates.
 *
 * That it is above 0 follows from the ratio of the rates alone (`rateRatioSequence`), which needs nothing but that requests were
 * shared at random: also where the world changes, and the share with it. How large it is follows from the ratio and the
 * rates, which are taken for the same all the time; alpha is shared among the three.
 */
export function excessSequence(strata: readonly Compared[], alpha: number): Sequence {
  const sum = (of: (stratum: Compared) => number): number =>
    strata.reduce((total, stratum) => total + of(stratum), 0);
  const ratio = rateRatioSequence(
    strata.map(({ share, champion, challenger }) => ({
      share,
      champion: champion.events,
      challenger: challenger.events,
    })),
    alpha / 2,
  );
  const champion = proportionSequence(
    sum((one) => one.champion.events),
    sum((one) => one.champion.of),
    alpha / 4,
  );
  const challenger = proportionSequence(
    sum((one) => one.challenger.events),
    sum((one) => one.challenger.of),
    alpha / 4,
  );
  // Of rates c and d = ratio · c: d - c = c · (ratio - 1) = d · (1 - 1 / ratio), whichever says more.
  const low =
    ratio.low > 1
      ? Math.max(champion.low * (ratio.low - 1), challenger.low * (1 - 1 / ratio.low))
      : Math.max(
          champion.high * (ratio.low - 1),
          ratio.low === 0 ? -1 : challenger.high * (1 - 1 / ratio.low),
        );
  const high =
    ratio.high > 1
      ? Math.min(
          ratio.high === Number.POSITIVE_INFINITY ? 1 : champion.high * (ratio.high - 1),
          challenger.high * (1 - 1 / ratio.high),
        )
      : Math.min(champion.low * (ratio.high - 1), challenger.low * (1 - 1 / ratio.high));
  return { estimate: likelyExcess(strata, low, high), low, high };
}

/**
 * How often the event came to each version, step by step as often as the challenger was asked: pooled over steps of other shares the
 * versions would be compared at other times. Null where no step has requests of both.
 */
export function ratesOfSteps(strata: readonly Compared[]): { champion: number; challenger: number } | null {
  const both = strata.filter(({ champion, challenger }) => champion.of > 0 && challenger.of > 0);
  const asked = both.reduce((sum, { challenger }) => sum + challenger.of, 0);
  if (asked === 0) return null;
  const rate = (version: 'champion' | 'challenger'): number =>
    both.reduce((sum, one) => sum + one.challenger.of * (one[version].events / one[version].of), 0) / asked;
  return { champion: rate('champion'), challenger: rate('challenger') };
}

function likelyExcess(strata: readonly Compared[], low: number, high: number): number | null {
  const rates = ratesOfSteps(strata);
  return rates === null ? null : Math.min(high, Math.max(low, rates.challenger - rates.champion));
}
