import type { Measure, StepEvidence } from '@trestle/contracts';
import { type Compared, excessSequence, ratesOfSteps } from '@trestle/statistics';
import { z } from 'zod';
import { CUTS, type Cut, comparedAt } from './cuts.ts';

/** What is put up with, as a difference of shares of requests: 0.01 is one request in a hundred. */
export const tolerancesSchema = z.strictObject({
  errors: z.number().gt(0).max(1).default(0.01),
  latency: z.number().gt(0).max(1).default(0.1),
  scores: z.number().gt(0).max(1).default(0.15),
  labels: z.number().gt(0).max(1).default(0.05),
});
export type Tolerances = z.output<typeof tolerancesSchema>;

export interface MeasureOptions {
  readonly alpha: number;
  readonly tolerances: Tolerances;
  readonly groups: readonly Cut['group'][];
}

/** All comparisons. The chance that any of them is ever wrong is at most alpha: each group gets as much of it, and each of its thresholds. */
export function measuresOf(
  evidence: readonly StepEvidence[],
  cuts: readonly Cut[],
  { alpha, tolerances, groups }: MeasureOptions,
): readonly Measure[] {
  const each = alpha / (groups.length + 1);
  const errors = evidence.map(({ share, champion, challenger }) => ({
    share,
    champion: { of: champion.requests, events: champion.errors },
    challenger: { of: challenger.requests, events: challenger.errors },
  }));
  return [
    toMeasure('errors', errors, each, tolerances.errors, 'harm'),
    ...groups.flatMap((group) =>
      CUTS[group].flatMap((_, place, all) => {
        const here = cuts.filter((cut) => cut.group === group && cut.place === place);
        const last = here.at(-1);
        if (!last)
          return place === 0 && !cuts.some((cut) => cut.group === group)
            ? [unknown(group, tolerances[group])]
            : [];
        const kind = group === 'scores' ? 'change' : 'harm';
        const strata = here.flatMap((cut) => comparedAt(cut, evidence));
        return [toMeasure(last.name, strata, each / all.length, tolerances[group], kind)];
      }),
    ),
  ];
}

/** What nothing is known of yet. */
const unknown = (name: string, tolerance: number): Measure => ({
  name,
  champion: { value: null, of: 0 },
  challenger: { value: null, of: 0 },
  excess: null,
  low: null,
  high: null,
  tolerance,
  state: 'open',
});

/**
 * One comparison with its state. Harm is worse as soon as it is above nothing beyond doubt, unless it is below what is put up with,
 * beyond doubt, too. A change is not worse by itself: only one that is larger than that, to either side.
 */
export function toMeasure(
  name: string,
  strata: readonly Compared[],
  alpha: number,
  tolerance: number,
  kind: 'harm' | 'change',
): Measure {
  // At a share of 0 or 1 there is nobody to compare with.
  const shared = strata.filter(({ share }) => share > 0 && share < 1);
  const { estimate, low, high } = excessSequence(shared, alpha);
  // They differ by the excess.
  const rates = ratesOfSteps(shared);
  const isWithin = high < tolerance && (kind === 'harm' || low > -tolerance);
  const isWorse = kind === 'harm' ? low > 0 : low > tolerance || high < -tolerance;
  return {
    name,
    champion: { value: rates?.champion ?? null, of: requestsOf('champion', shared) },
    challenger: { value: rates?.challenger ?? null, of: requestsOf('challenger', shared) },
    excess: estimate,
    low,
    high,
    tolerance,
    state: isWithin ? 'within' : isWorse ? 'worse' : 'open',
  };
}

const requestsOf = (version: 'champion' | 'challenger', strata: readonly Compared[]): number =>
  strata.reduce((sum, stratum) => sum + stratum[version].of, 0);

const percent = (value: number | null): string =>
  value === null ? 'unknown' : `${Number((100 * value).toPrecision(3))} %`;
const points = (value: number): string => `${value > 0 ? '+' : ''}${Number((100 * value).toPrecision(2))}`;

/** `errors: 0.4 % of 2,301 requests before, 3.1 % of 127 now; +2.7 points, between +0.9 and +6.1.` */
export function inWords({ name, champion, challenger, excess, low, high }: Measure): string {
  if (excess === null || low === null || high === null) return `${name}: nothing to compare yet.`;
  const count = (value: number): string => value.toLocaleString('en');
  return `${name}: ${percent(champion.value)} of ${count(champion.of)} requests of the champion, ${percent(
    challenger.value,
  )} of ${count(challenger.of)} of the challenger; ${points(excess)} points, between ${points(low)} and ${points(high)}.`;
}

/** What is missing for a comparison to be decided. */
export const missingWords = (measure: Measure): string =>
  `${inWords(measure)} It is decided below ${points(measure.tolerance)}.`;
