import { discount, gainOf, idealGain, type Queries } from '../ndcg.ts';
import type { Objective } from './objective.ts';
import type { Workshop } from './workshop.ts';

/** Relevances beyond have gains that no double holds beside small ones. */
const MOST_RELEVANT = 31;

/**
 * LambdaMART (Burges 2010): of each pair of rows of a query of which one is more relevant, both are pushed apart by how likely their
 * order is wrong (RankNet), times how much NDCG would change if they changed places. Rows of one score stand in the order in which
 * they were given. O(rows of a query x truncation) a query and round.
 *
 * @param queries which rows belong together
 * @param truncation pairs of which neither row is among so many of the highest scores have no say
 */
export function lambdaRank(
  queries: Queries,
  truncation: number,
  { perRow, exponentials }: Workshop,
): Objective {
  let powers: Float64Array | undefined;
  let ideals: Float64Array | undefined;
  return {
    name: 'lambdaRank',
    targets: {
      isAllowed: (target) => Number.isInteger(target) && target >= 0 && target <= MOST_RELEVANT,
      words: `whole numbers from 0, of no use, to ${MOST_RELEVANT}`,
    },
    activation: 'identity',
    initial: () => [0],
    slopes(scores, _, targets, weights, into) {
      powers ??= perRow();
      ideals ??= Float64Array.from(queries, (rows) => idealGain(targets, rows, truncation, 'exponential'));
      into.fill(0);
      // Of two rows the chance that the second is before the first is e^b / (e^a + e^b): a power a row, and none a pair.
      for (const rows of queries) {
        let highest = Number.NEGATIVE_INFINITY;
        for (const row of rows) highest = Math.max(highest, scores[row] ?? 0);
        for (const row of rows) powers[row] = (scores[row] ?? 0) - highest;
      }
      exponentials(powers);
      for (const [query, rows] of queries.entries()) {
        const ideal = ideals[query] ?? 0;
        if (ideal === 0) continue;
        const ranked = rows.toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
        const weight = meanOf(weights, rows) / ideal;
        push(ranked, { targets, powers, truncation, weight }, into);
      }
    },
    loss(predictions, targets, weights) {
      let [lost, counted] = [0, 0];
      for (const rows of queries) {
        const ideal = idealGain(targets, rows, rows.length, 'exponential');
        if (ideal === 0) continue;
        const ranked = rows.toSorted((a, b) => (predictions[b] ?? 0) - (predictions[a] ?? 0));
        let found = 0;
        for (const [rank, row] of ranked.entries())
          found += gainOf(targets[row] ?? 0, 'exponential') * discount(rank);
        const weight = meanOf(weights, rows);
        lost += weight * (1 - found / ideal);
        counted += weight;
      }
      // A mean over rows of it is the mean over queries of what is missing to an NDCG of 1.
      return counted === 0 ? 0 : (lost / counted) * weights.reduce((sum, one) => sum + one, 0);
    },
  };
}

/** A query counts as its rows do on average. */
const meanOf = (weights: Float64Array, rows: Int32Array): number => {
  let sum = 0;
  for (const row of rows) sum += weights[row] ?? 0;
  return sum / rows.length;
};

interface Pushed {
  readonly targets: Float64Array;
  readonly powers: Float64Array;
  readonly truncation: number;
  readonly weight: number;
}

/** Adds the slopes and curvatures of all pairs of a query, whose rows stand in the order of their scores. */
function push(ranked: Int32Array, { targets, powers, truncation, weight }: Pushed, into: Float64Array): void {
  const top = Math.min(truncation, ranked.length - 1);
  for (let first = 0; first < top; first++) {
    for (let second = first + 1; second < ranked.length; second++) {
      const [a, b] = [ranked[first] ?? 0, ranked[second] ?? 0];
      const difference = gainOf(targets[a] ?? 0, 'exponential') - gainOf(targets[b] ?? 0, 'exponential');
      if (difference === 0) continue;
      const [better, worse] = difference > 0 ? [a, b] : [b, a];
      const change = weight * Math.abs(difference * (discount(first) - discount(second)));
      const [own, other] = [powers[better] ?? 0, powers[worse] ?? 0];
      // Both are 0 only where both are hundreds below the highest.
      const wrong = own + other === 0 ? 0.5 : other / (own + other);
      const [slope, curvature] = [change * wrong, change * wrong * (1 - wrong)];
      into[2 * better] = (into[2 * better] ?? 0) - slope;
      into[2 * worse] = (into[2 * worse] ?? 0) + slope;
      into[2 * better + 1] = (into[2 * better + 1] ?? 0) + curvature;
      into[2 * worse + 1] = (into[2 * worse + 1] ?? 0) + curvature;
    }
  }
}
