import type { Examples } from '../examples.ts';
import { readQueries } from '../ndcg.ts';
import { TreesError } from '../trees-error.ts';
import { logistic, softmax } from './classes.ts';
import { gamma, huber, poisson, squaredError, tweedie } from './means.ts';
import type { Objective } from './objective.ts';
import { absoluteError, quantile } from './quantiles.ts';
import { lambdaRank } from './ranking.ts';
import type { Workshop } from './workshop.ts';

/** The objectives that are there: of numbers, counts, amounts, quantiles, classes, and orders. */
export const OBJECTIVES = [
  ...(['squaredError', 'absoluteError', 'quantile', 'huber'] as const),
  ...(['poisson', 'gamma', 'tweedie', 'logistic', 'softmax', 'lambdaRank'] as const),
] as const;
export type ObjectiveName = (typeof OBJECTIVES)[number];

/** What some objectives are told besides. */
export interface ObjectiveDetails {
  /** Which quantile is learnt: from 0 to 1. */
  readonly quantile: number;
  /** From so large an error on it counts for its size, and not for its square. */
  readonly huberDelta: number;
  /** Between 1 (counts) and 2 (amounts). */
  readonly tweediePower: number;
  /** How many of the highest places a ranking is learnt for. */
  readonly rankTruncation: number;
}

export function objectiveOf(
  given: ObjectiveName | Objective,
  outputs: number,
  details: ObjectiveDetails,
  workshop: Workshop,
  /** Of these rows. */
  { rows, queries }: Pick<Examples, 'rows' | 'queries'>,
): Objective {
  if (typeof given !== 'string') return given;
  const made: Readonly<Record<ObjectiveName, () => Objective>> = {
    squaredError: () => squaredError,
    absoluteError: () => absoluteError,
    quantile: () => quantile(details.quantile),
    huber: () => huber(details.huberDelta),
    poisson: () => poisson(workshop),
    gamma: () => gamma(workshop),
    tweedie: () => tweedie(details.tweediePower, workshop),
    logistic: () => logistic(workshop),
    softmax: () => softmax(outputs, workshop),
    lambdaRank: () => lambdaRank(readQueries(queries, rows), details.rankTruncation, workshop),
  };
  return made[given]();
}

/** How many numbers a row an objective keeps at most. */
export const keptPerRow = (given: ObjectiveName | Objective, outputs: number): number =>
  typeof given === 'string' ? outputs + 2 : 0;

/** The first scores of an objective. @throws TRS_TREES_OBJECTIVE where there is not one for each output */
export function initialScores(
  objective: Objective,
  outputs: number,
  targets: Float64Array,
  weights: Float64Array,
): Float64Array {
  const scores = Float64Array.from(objective.initial(targets, weights));
  if (scores.length === outputs) return scores;
  throw new TreesError(
    'OBJECTIVE',
    `The objective ${objective.name} begins with ${scores.length} scores; there are ${outputs} outputs.`,
    'Let "initial" return a number for each output, or say how many there are with "classes".',
    { objective: objective.name },
  );
}
